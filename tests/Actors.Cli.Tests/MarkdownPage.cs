using System.Text.RegularExpressions;

namespace Actors.Cli.Tests;

/// <summary>A page of the documentation: its links, and the anchors of its headings.</summary>
internal sealed partial class MarkdownPage
{
    private MarkdownPage(string path, string text)
    {
        Path = path;
        Text = text;
        string prose = Fence().Replace(text, "");
        Links = [.. Link().Matches(prose).Select(m => m.Groups["target"].Value)];
        Anchors = [.. Heading().Matches(prose).Select(m => AnchorOf(m.Groups["text"].Value))];
    }

    /// <summary>The path from the repository's root, with slashes.</summary>
    public string Path { get; }

    public string Text { get; }

    public IReadOnlyList<string> Links { get; }

    /// <summary>The anchors that GitHub gives the headings.</summary>
    public HashSet<string> Anchors { get; }

    public static MarkdownPage Read(string root, string path) => new(path, File.ReadAllText(System.IO.Path.Combine(root, path)));

    private static string AnchorOf(string heading)
        => NotInAnchor().Replace(heading.Trim().ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex("^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();
}
