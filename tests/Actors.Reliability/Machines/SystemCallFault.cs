using System.Globalization;

namespace Actors.Reliability.Machines;

/// <summary>A fault: the n-th system call of a thread fails, or kills the process.</summary>
/// <param name="Call">The name of the system call.</param>
/// <param name="Effect">The effect in strace's syntax: <c>error=EIO</c> or <c>signal=KILL</c>.</param>
/// <param name="At">The number of the thread's call, from 1.</param>
/// <param name="ForGood">Whether all later calls fail too.</param>
internal sealed record SystemCallFault(string Call, string Effect, int At, bool ForGood)
{
    public bool Kills => Effect.StartsWith("signal", StringComparison.Ordinal);

    /// <summary>Returns the command line of strace, without the traced program. Only calls that touch one of the paths count.</summary>
    public IReadOnlyList<string> Tracer(string log, IEnumerable<string> paths) =>
    [
        // Filtering in the kernel is faster, but can kill only at a thread's first call.
        "strace", "-f", "-qq", .. Kills ? Enumerable.Empty<string>() : ["--seccomp-bpf"], "-o", log, "-e", $"trace={Call}",
        "-e", string.Create(CultureInfo.InvariantCulture, $"inject={Call}:{Effect}:when={At}{(ForGood ? "+" : "")}"),
        .. paths.SelectMany(p => new[] { "-P", p }),
    ];

    /// <summary>Returns whether the fault made a call fail. A fault that kills is recognized by the exit code instead.</summary>
    public static bool IsInjected(string log) => File.ReadLines(log).Any(l => l.Contains("INJECTED", StringComparison.Ordinal));

    public override string ToString() => $"{Call}:{Effect} at {At}{(ForGood ? " and for good" : "")}";
}
