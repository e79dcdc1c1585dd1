using System.CommandLine;

namespace Actors.Cli.Tests;

/// <summary>Whatever is typed, the answer is a sentence.</summary>
public sealed class CommandLineTests
{
    public static TheoryData<string, string> ValueOptions => [.. from command in CommandLine.Root().Subcommands
                                                                 from option in command.Options
                                                                 where option.ValueType != typeof(bool) && option.ValueType != typeof(string) && option.ValueType != typeof(string[])
                                                                 select (command.Name, option.Name)];

    [Theory]
    [MemberData(nameof(ValueOptions))]
    public void An_invalid_option_value_is_refused_with_a_message(string command, string option)
    {
        foreach (string value in new[] { "abc", "1e9x", "99999999999999999999" })
        {
            ParseResult parsed = CommandLine.Root().Parse([command, .. Arguments(command), option, value]);
            Assert.Contains(option, Assert.Single(parsed.Errors).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("restore", "--to-lsn")]
    [InlineData("compact", "--max-dead-share")]
    public async Task A_bad_value_prints_no_stack_trace(string command, string option)
    {
        (int code, _, string error) = await Walctl.RunAsync([command, .. Arguments(command), option, "abc"]);
        Assert.Equal(2, code);
        Assert.Contains("abc", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dump_from_behind_its_end_is_refused()
    {
        (int code, string output, string error) = await Walctl.RunAsync("dump", "/nowhere", "s", "--from", "5", "--to", "3");
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Contains("--from 5 comes after --to 3", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restore_to_two_points_or_from_an_archive_that_is_not_there_is_refused()
    {
        (int code, _, string error) = await Walctl.RunAsync("restore", "/nowhere", "/nowhere-either", "--to-lsn", "5", "--to-time", "2026-11-21T14:30:00Z");
        Assert.Equal(2, code);
        Assert.Contains("exclude each other", error, StringComparison.Ordinal);
        (code, _, error) = await Walctl.RunAsync("restore", "/nowhere", "/nowhere-either", "--archive", "/no-archive");
        Assert.Equal(2, code);
        Assert.Contains("There is no archive in '/no-archive'", error, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Arguments(string command)
        => CommandLine.Root().Subcommands.Single(c => c.Name == command).Arguments.Where(a => a.Arity.MinimumNumberOfValues > 0).Select(a => $"/nowhere/{a.Name}");
}
