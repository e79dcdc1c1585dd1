using System.Text.RegularExpressions;

namespace Actors.Packages.Tests;

/// <summary>The examples of a guide.</summary>
internal static partial class GuideCode
{
    /// <summary>Returns the C# examples of a guide that define a class.</summary>
    public static IReadOnlyList<string> WithClasses(string markdown)
        => [.. Blocks().Matches(markdown.ReplaceLineEndings("\n")).Select(m => m.Groups[1].Value).Where(b => Class().IsMatch(b))];

    [GeneratedRegex("^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"^[a-z ]*\bclass ", RegexOptions.Multiline)]
    private static partial Regex Class();
}
