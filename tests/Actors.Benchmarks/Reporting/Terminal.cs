using Spectre.Console;

namespace Actors.Benchmarks.Reporting;

/// <summary>The console that a run writes to.</summary>
internal static class Terminal
{
    private const int WidthOfFiles = 160;

    /// <summary>Returns the terminal. A file or a pipe gets no colours, and is wide enough for the tables.</summary>
    public static IAnsiConsole Open()
    {
        if (!Console.IsOutputRedirected)
            return AnsiConsole.Console;
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = WidthOfFiles;
        return console;
    }
}
