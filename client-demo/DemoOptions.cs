using Actors.ClientDemo.Clusters;
using Actors.ClientDemo.Statements;

namespace Actors.ClientDemo;

/// <summary>What the demo was asked for; every value is valid.</summary>
internal sealed record DemoOptions
{
    public required int Accounts { get; init; }

    /// <summary>Transactions of the generated ledger.</summary>
    public required int Events { get; init; }

    /// <summary>Calls at the same time.</summary>
    public required int Callers { get; init; }

    public required int Seed { get; init; }

    /// <summary>How often the silo is killed.</summary>
    public required int Kills { get; init; }

    /// <summary>A shell command that kills the silo instead of SIGKILL, or null.</summary>
    public string? KillCommand { get; init; }

    /// <summary>A real ledger to run instead of a generated one.</summary>
    public FileInfo? Ledger { get; init; }

    /// <summary>Gateways of a cluster to use instead of a silo of the demo's own; none for that.</summary>
    public IReadOnlyList<(string Host, int Port)> Connect { get; init; } = [];

    /// <summary>A cluster of the demo's own to run and attack, or null.</summary>
    public ChaosOptions? Chaos { get; init; }

    /// <summary>Where the demo's silo keeps its logs; they stay there. A temporary directory when null.</summary>
    public DirectoryInfo? Directory { get; init; }

    /// <summary>A statement to show at the end, or null.</summary>
    public StatementOptions? Statement { get; init; }

    /// <summary>Where the result is written as JSON.</summary>
    public FileInfo? Json { get; init; }
}

/// <summary>The caller can put this right; the message says how.</summary>
internal sealed class DemoException(string message) : Exception(message);
