using System.Text.RegularExpressions;

namespace Actors.Cli.Tests;

/// <summary>What the documentation names exists, and what the reference must have is in it.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string Root = FindRoot();

    private static readonly IReadOnlyList<MarkdownPage> Pages =
    [
        .. Directory.EnumerateFiles(Root, "*.md").Concat(FilesOf("docs", ".md"))
            .Select(f => MarkdownPage.Read(Root, RelativePath(f))),
    ];

    [Fact]
    public void Every_relative_link_leads_to_a_file_and_a_heading_that_exist()
    {
        Assert.Contains(Pages, p => p.Path == "README.md" && p.Links.Count > 0);
        Assert.All(Pages, page => Assert.All(page.Links, link => Assert.True(Leads(page, link), $"{page.Path} links to {link}, which does not exist.")));
    }

    [Fact]
    public void Every_page_is_in_the_index()
    {
        MarkdownPage index = Page("docs/README.md");
        IEnumerable<string> pages = Pages.Select(p => p.Path).Where(p => p.StartsWith("docs/", StringComparison.Ordinal));
        string[] listed = [index.Path, .. index.Links.Select(l => Resolve(index, l))];
        Assert.All(pages, page => Assert.True(listed.Contains(page), $"{index.Path} lacks {page}."));
    }

    [Fact]
    public void Every_page_that_a_source_file_names_exists()
    {
        string[] files = [.. FilesOf("src", ".cs", ".csproj"), .. FilesOf("silo", ".cs", ".csproj"), .. FilesOf("client-demo", ".cs", ".csproj"), .. FilesOf("tests", ".cs", ".csproj"), .. Directory.EnumerateFiles(Root, "*.props"), Path.Combine(Root, ".ci", "run")];
        (string File, string Page)[] named = [.. from file in files from Match match in PagePath().Matches(File.ReadAllText(file)) select (RelativePath(file), match.Value)];
        Assert.NotEmpty(named);
        Assert.All(named, n => Assert.True(File.Exists(Path.Combine(Root, n.Page)), $"{n.File} names {n.Page}, which does not exist."));
    }

    [Fact]
    public void Every_bug_names_tests_layers_and_mutants_that_exist()
    {
        string tests = Sources("tests");
        string[][] rows = [.. Page("docs/explanation/bugs.md").Text.Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal) && !l.StartsWith("| ---", StringComparison.Ordinal) && !l.StartsWith("| found by", StringComparison.Ordinal)).Select(l => l.Trim('|').Split('|'))];
        Assert.NotEmpty(rows);
        Assert.All(rows, row =>
        {
            Assert.Equal(3, row.Length);
            string[] names = [.. Code().Matches(row[2]).Select(m => m.Groups[1].Value)];
            Assert.True(names.Length > 0 || row[2].Contains("no test", StringComparison.Ordinal), $"No test is named: {row[1]}");
            Assert.All(names, n => Assert.True(n.Contains('/', StringComparison.Ordinal) ? File.Exists(Path.Combine(Root, n)) : Regex.IsMatch(tests, $"class {n}\\b| {n}\\(|\"{n}\""), $"There is no test named {n}."));
            Assert.All(Emphasis().Matches(row[2]), m => Assert.Contains($"\"{m.Groups[1].Value}\"", tests, StringComparison.Ordinal));
        });
    }

    [Theory]
    [InlineData("src/Actors.Orleans/WriteAheadLogOptions.cs")]
    [InlineData("src/Actors.Wal/LocalLogStoreOptions.cs")]
    [InlineData("src/Actors.Wal.Postgres/PostgresLogStoreOptions.cs")]
    public void Every_option_is_in_the_settings(string file)
        => AllAreIn("docs/reference/settings.md", Option().Matches(File.ReadAllText(Path.Combine(Root, file))));

    [Fact]
    public void Every_metric_is_in_the_reference() => AllAreIn("docs/reference/metrics.md", Metric().Matches(Sources("src")));

    [Fact]
    public void Every_public_exception_is_in_the_reference()
        => AllAreIn("docs/reference/exceptions.md", ExceptionClass().Matches(string.Concat(Directory.EnumerateDirectories(Path.Combine(Root, "src")).Where(d => !d.EndsWith("Bank", StringComparison.Ordinal)).Select(Sources))));

    [Fact]
    public void Every_command_of_walctl_is_in_the_reference()
        => Assert.All(CommandLine.Root().Subcommands, c => Assert.Contains($"| `{c.Name} ", Page("docs/reference/walctl.md").Text, StringComparison.Ordinal));

    private static void AllAreIn(string page, MatchCollection names)
    {
        Assert.NotEmpty(names);
        string text = Page(page).Text;
        Assert.All(names.Select(m => m.Groups[1].Value), n => Assert.True(Regex.IsMatch(text, $"`(\\w+:)?{Regex.Escape(n)}[`:]"), $"{page} lacks {n}."));
    }

    private static bool Leads(MarkdownPage page, string link)
    {
        if (link.Contains("://", StringComparison.Ordinal))
            return true;
        string[] parts = link.Split('#');
        string target = parts[0].Length == 0 ? page.Path : Resolve(page, parts[0]);
        if (parts.Length == 1)
            return Path.Exists(Path.Combine(Root, target));
        return Pages.FirstOrDefault(p => p.Path == target)?.Anchors.Contains(parts[1]) ?? false;
    }

    private static string Resolve(MarkdownPage page, string link) => RelativePath(Path.GetFullPath(Path.Combine(Root, Path.GetDirectoryName(page.Path)!, link.Split('#')[0])));

    private static MarkdownPage Page(string path) => Pages.Single(p => p.Path == path);

    private static string Sources(string directory) => string.Concat(FilesOf(directory, ".cs").Select(File.ReadAllText));

    /// <summary>The files below a directory, without what builds have put there.</summary>
    private static IEnumerable<string> FilesOf(string directory, params string[] extensions)
        => Directory.EnumerateFiles(Path.Combine(Root, directory), "*", SearchOption.AllDirectories)
            .Where(f => extensions.Contains(Path.GetExtension(f)) && !RelativePath(f).Split('/').Any(p => p is "bin" or "obj"));

    private static string RelativePath(string file) => Path.GetRelativePath(Root, file).Replace('\\', '/');

    private static string FindRoot()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Actors.sln")))
            directory = directory.Parent;
        return directory?.FullName ?? throw new InvalidOperationException("The documentation was not found: run these tests from a build inside of the repository.");
    }

    [GeneratedRegex(@"\bdocs/[\w./-]+\.(md|svg)\b")]
    private static partial Regex PagePath();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\*([^*]+)\*")]
    private static partial Regex Emphasis();

    [GeneratedRegex(@"public (?:required )?[\w<>?., ]+ (\w+) \{ get; (?:(?:set|init); )?\}")]
    private static partial Regex Option();

    [GeneratedRegex(@"""(actors\.(?:wal|grainlog)\.[\w.]+)""")]
    private static partial Regex Metric();

    [GeneratedRegex(@"public (?:sealed |abstract )?class (\w+Exception)\b")]
    private static partial Regex ExceptionClass();
}
