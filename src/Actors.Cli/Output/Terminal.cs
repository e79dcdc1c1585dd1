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

    /// <summary>A name in a table: on one line, and without what a terminal would take for commands.</summary>
    public static string Name(string text) => Markup.Escape(Plain(text));

    /// <summary>A text with its control characters spelled out, such as a stream's name in a message.</summary>
    public static string Plain(string text)
        => text.Any(char.IsControl) ? string.Concat(text.Select(Plain)) : text;

    private static string Plain(char c) => c switch
    {
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ => char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString(),
    };

    public static string Percent(double share) => share.ToString("P0", CultureInfo.InvariantCulture);

    public static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
