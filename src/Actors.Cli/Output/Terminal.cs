using System.Globalization;
using Spectre.Console;

namespace Actors.Cli.Output;

/// <summary>The output of tables.</summary>
internal static class Terminal
{
    private const int WidthOfFiles = 160;

    /// <summary>Opens the output. A file or a pipe gets no colours and a width that fits the tables.</summary>
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

/// <summary>Formats numbers, times and names for tables.</summary>
internal static class Shown
{
    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Formats a name for a table: on one line, and without control sequences for the terminal.</summary>
    public static string Name(string text) => Markup.Escape(Plain(text));

    /// <summary>Replaces control characters by escapes, for example in the name of a stream in a message.</summary>
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
