using System.Globalization;

namespace Actors.ClientDemo;

/// <summary>Formats numbers for the demo's tables.</summary>
internal static class TableText
{
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Formats a number that must be zero, as markup.</summary>
    public static string Verdict(int number) => number == 0 ? "[green]0[/]" : $"[red]{Count(number)}[/]";
}
