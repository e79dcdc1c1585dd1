using System.Collections.Concurrent;
using Xunit;

namespace Actors.Testing;

/// <summary>
/// A program or file besides .NET that some tests need. If it is missing they are skipped, and the reason says what to
/// install. With CI=true they fail instead: a CI run that skips tests must not pass.
/// </summary>
public static class Prerequisite
{
    private static readonly ConcurrentDictionary<string, bool> Told = new();
    private static readonly string? CI = Environment.GetEnvironmentVariable("CI");

    /// <summary>Whether a missing prerequisite is a failure.</summary>
    public static bool IsMandatory => IsTrue(CI);

    /// <summary>Skips or fails the calling test unless the machine has the prerequisite.</summary>
    /// <param name="isThere">Whether the machine has it.</param>
    /// <param name="sentence">What the test needs, and what to install.</param>
    public static void Require(bool isThere, string sentence)
    {
        // By default dotnet test prints skipped tests without the reasons. It does print diagnostic messages; this one once per project.
        if (!isThere && Told.TryAdd(sentence, true))
            TestContext.Current.SendDiagnosticMessage(sentence);
        Require(isThere, sentence, CI);
    }

    /// <param name="isThere">Whether the machine has it.</param>
    /// <param name="sentence">What the test needs, and what to install.</param>
    /// <param name="ci">The value of the environment variable CI.</param>
    internal static void Require(bool isThere, string sentence, string? ci)
    {
        if (!isThere && IsTrue(ci))
            Assert.Fail(sentence);
        Assert.SkipUnless(isThere, sentence);
    }

    private static bool IsTrue(string? value) => string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);
}
