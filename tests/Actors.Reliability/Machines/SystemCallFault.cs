using System.Globalization;

namespace Actors.Reliability.Machines;

/// <summary>A system call of a process that fails, or that kills it, when a thread makes it for the n-th time.</summary>
/// <param name="Call">Its name.</param>
/// <param name="Effect">What happens, as the tracer says it: <c>error=EIO</c> or <c>signal=KILL</c>.</param>
/// <param name="At">Which of a thread's calls, from 1.</param>
/// <param name="ForGood">Whether all that follow fail too.</param>
internal sealed record SystemCallFault(string Call, string Effect, int At, bool ForGood)
{
    public bool Kills => Effect.StartsWith("signal", StringComparison.Ordinal);

    /// <summary>The tracer's command line, to be followed by the program's. Calls count that touch one of the paths.</summary>
    public IReadOnlyList<string> Tracer(string log, IEnumerable<string> paths) =>
    [
        // Filtering in the kernel is faster, and kills at a thread's first call only.
        "strace", "-f", "-qq", .. Kills ? Enumerable.Empty<string>() : ["--seccomp-bpf"], "-o", log, "-e", $"trace={Call}",
        "-e", string.Create(CultureInfo.InvariantCulture, $"inject={Call}:{Effect}:when={At}{(ForGood ? "+" : "")}"),
        .. paths.SelectMany(p => new[] { "-P", p }),
    ];

    /// <summary>Whether a call failed by it. One that kills says so by the process's end.</summary>
    public static bool IsInjected(string log) => File.ReadLines(log).Any(l => l.Contains("INJECTED", StringComparison.Ordinal));

    public override string ToString() => $"{Call}:{Effect} at {At}{(ForGood ? " and for good" : "")}";
}
