using System.Text.RegularExpressions;

namespace Actors.Orleans.TestKit.Tests.Tutorial;

/// <summary>The grain and the tests of <c>docs/tutorial/first-silo.md</c> are the files beside this one, which are compiled and run.</summary>
public sealed partial class TutorialTests
{
    private static readonly string[] Blocks =
        [.. CodeBlock().Matches(Read("docs", "tutorial", "first-silo.md")).Select(m => m.Groups["code"].Value)];

    [Fact]
    public void The_grain_with_the_changes_of_the_tutorial_is_compiled_here()
    {
        string grain = BlockWith("public sealed class AccountGrain");
        grain = Replace(grain, OldEvent(), BlockWith("string? Note"));
        grain = Replace(grain, OldState(), BlockWith("GrainStateVersion(2)") + "\n");
        grain = Replace(grain, EndOfInterface(), "\n\n" + Added("// in IAccountGrain") + "}\n\n[GrainType");
        grain = Replace(grain, EndOfFile(), "\n\n" + Added("// in AccountGrain") + "}\n");
        Assert.Equal(Read("Tutorial", "Account.cs"), grain);
    }

    [Fact]
    public void The_tests_of_the_tutorial_are_run_here()
        => Assert.Equal(Read("Tutorial", "AccountTests.cs"), BlockWith("public sealed class AccountTests"));

    private static string BlockWith(string text) => Blocks.Single(b => b.Contains(text, StringComparison.Ordinal));

    /// <summary>A line that the tutorial adds, without the comment that says where.</summary>
    private static string Added(string place)
    {
        string block = BlockWith(place);
        return block[..block.IndexOf(place, StringComparison.Ordinal)].TrimEnd() + "\n";
    }

    private static string Replace(string code, Regex old, string text)
    {
        Assert.Single(old.Matches(code));
        return old.Replace(code, text.Replace("$", "$$", StringComparison.Ordinal));
    }

    private static string Read(params string[] path) => File.ReadAllText(Path.Combine([AppContext.BaseDirectory, .. path])).ReplaceLineEndings("\n");

    [GeneratedRegex("```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"\[MessagePackObject\]\npublic sealed record Deposited.*\n")]
    private static partial Regex OldEvent();

    [GeneratedRegex(@"\[MessagePackObject\]\npublic sealed class Account :.*?\n}\n\n", RegexOptions.Singleline)]
    private static partial Regex OldState();

    [GeneratedRegex(@"\n}\n\n\[GrainType")]
    private static partial Regex EndOfInterface();

    [GeneratedRegex(@"\n}\n\z")]
    private static partial Regex EndOfFile();
}
