using System.Collections.Concurrent;
using Xunit;

namespace Actors.Testing;

/// <summary>
/// A thing beside .NET that some tests need of the machine. Where it is missing they are skipped, and the reason says what to
/// install. With CI=true they fail instead: a gate that can't run a test must not pass.
/// </summary>
public static class Prerequisite
{
    private static readonly ConcurrentDictionary<string, bool> Told = new();
    private static readonly string? CI = Environment.GetEnvironmentVariable("CI");

    /// <summary>Whether a missing thing is a failure.</summary>
    public static bool IsMandatory => IsTrue(CI);

    /// <summary>Skips or fails the test that calls this, unless the machine has the thing.</summary>
    /// <param name="isThere">Whether the machine has it.</param>
    /// <param name="sentence">What the test needs, and what to install.</param>
    public static void Require(bool isThere, string sentence)
    {
        // By default dotnet test prints the names of skipped tests without their reasons; this it prints, once per project.
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
