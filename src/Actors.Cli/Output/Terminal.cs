using System.Globalization;
using Spectre.Console;

namespace Actors.Cli.Output;

/// <summary>Where tables go.</summary>
internal static class Terminal
{
    private const int WidthOfFiles = 160;

    /// <summary>A terminal as it is; a file or a pipe without colours, and wide enough for the tables.</summary>
    public static IAnsiConsole Open()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = Console.IsOutputRedirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        });
        if (Console.IsOutputRedirected)
            console.Profile.Width = WidthOfFiles;
        return console;
    }
}

/// <summary>Numbers and times in tables.</summary>
internal static class Shown
{
    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string Percent(double share) => share.ToString("P0", CultureInfo.InvariantCulture);

    public static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
