using MudBlazor;

namespace Actors.Explorer.Components.Layout;

/// <summary>The explorer's colours.</summary>
internal static class ExplorerTheme
{
    private static readonly string[] Fonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"];

    public static MudTheme Theme { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#0b6bcb", Background = "#f6f7f9", Surface = "#ffffff", TextPrimary = "#16202c", TextSecondary = "#55616f",
            LinesDefault = "#dde2e8", Success = "#1a7f4b", Warning = "#9a6100", Error = "#c02626",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#6cb2ff", Background = "#0f141a", Surface = "#171e27", TextPrimary = "#e4eaf1", TextSecondary = "#9aa7b5",
            LinesDefault = "#2a3440", Success = "#55c98a", Warning = "#e3b04b", Error = "#ff7b72",
        },
        Typography = new Typography { Default = new DefaultTypography { FontFamily = Fonts, FontSize = ".875rem" } },
    };
}
