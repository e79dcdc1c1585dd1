using System.Globalization;

namespace Actors.ClientDemo;

/// <summary>Numbers as the demo's tables show them.</summary>
internal static class TableText
{
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number that has to be zero, as markup.</summary>
    public static string Verdict(int number) => number == 0 ? "[green]0[/]" : $"[red]{Count(number)}[/]";
}
