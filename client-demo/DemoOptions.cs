using Actors.ClientDemo.Clusters;
using Actors.ClientDemo.Statements;

namespace Actors.ClientDemo;

/// <summary>The demo's options; every value is valid.</summary>
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

    /// <summary>The file of a real ledger; null for a generated one.</summary>
    public FileInfo? Ledger { get; init; }

    /// <summary>Gateways of an existing cluster; empty to start a silo.</summary>
    public IReadOnlyList<(string Host, int Port)> Connect { get; init; } = [];

    /// <summary>How long to wait for one of them.</summary>
    public TimeSpan ConnectDeadline { get; init; } = Running.BankClient.DefaultDeadline;

    /// <summary>The options of a cluster to start and inject faults into, or null.</summary>
    public ChaosOptions? Chaos { get; init; }

    /// <summary>The directory of the silo's logs, which stay there; null for a temporary directory.</summary>
    public DirectoryInfo? Directory { get; init; }

    /// <summary>A statement to show at the end, or null.</summary>
    public StatementOptions? Statement { get; init; }

    /// <summary>The file to which the result is written as JSON.</summary>
    public FileInfo? Json { get; init; }
}

/// <summary>An error that the caller can fix; the message says how.</summary>
internal sealed class DemoException(string message) : Exception(message);
