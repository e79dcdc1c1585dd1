using System.Net;

namespace Actors.ClientDemo.Clusters;

/// <summary>The options of a cluster that the demo starts, and of the faults that it injects.</summary>
internal sealed record ChaosOptions
{
    /// <summary>The PostgreSQL database of the logs and the cluster membership, as an Npgsql connection string.</summary>
    public required string Postgres { get; init; }

    /// <summary>Another connection string of the same database, for the cluster membership; null for the same string.</summary>
    public string? Membership { get; init; }

    public required int Silos { get; init; }

    /// <summary>How long faults are injected while the ledger runs.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The kinds of faults; empty to inject none.</summary>
    public required IReadOnlyList<FaultKind> Faults { get; init; }

    /// <summary>A shell command that starts each silo's program, or null. <c>{0}</c> stands for the silo's number from 1.</summary>
    public string? SiloCommand { get; init; }

    /// <summary>The silos' addresses, one each; empty for loopback.</summary>
    public IReadOnlyList<IPAddress> SiloHosts { get; init; } = [];
}

/// <summary>A fault of a silo.</summary>
internal enum FaultKind
{
    /// <summary>SIGKILL, then a new start.</summary>
    Kill,

    /// <summary>SIGSTOP until the other silos have declared it dead and taken over its grains, then SIGCONT.</summary>
    Pause,

    /// <summary>SIGTERM, then a new start.</summary>
    Restart,
}
