using Xunit.Sdk;

namespace Actors.Wal.Tests.Testing;

public sealed class PrerequisiteTests
{
    private const string Sentence = "Needs a program; install it.";

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("false")]
    public void A_test_whose_program_is_missing_is_skipped_with_what_to_install(string? ci)
    {
        Exception? outcome = OutcomeOf("no-such-program", ci);
        Assert.IsType<SkipException>(outcome);
        Assert.EndsWith(Sentence, outcome.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("True")]
    public void With_CI_true_a_missing_program_is_a_failure(string ci)
    {
        Exception? outcome = OutcomeOf("no-such-program", ci);
        Assert.IsType<FailException>(outcome);
        Assert.Equal(Sentence, outcome.Message);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("true")]
    public void A_test_whose_program_is_there_goes_on(string? ci) => Assert.Null(OutcomeOf("sh", ci));

    private static Exception? OutcomeOf(string program, string? ci)
    {
        // Assert.Throws and Record.Exception let a skip through: it would skip this test.
        try
        {
            Prerequisite.Require(Programs.Find(program) is not null, Sentence, ci);
            return null;
        }
        catch (Exception e) when (e is SkipException or FailException)
        {
            return e;
        }
    }
}
