using System.Net;

namespace Actors.ClientDemo.Clusters;

/// <summary>A cluster of the demo's own, and what is done to it.</summary>
internal sealed record ChaosOptions
{
    /// <summary>The PostgreSQL database that holds its logs and its membership, as Npgsql is told.</summary>
    public required string Postgres { get; init; }

    /// <summary>Another way to the database, by which silos find each other; null for the same.</summary>
    public string? Membership { get; init; }

    public required int Silos { get; init; }

    /// <summary>For how long faults are made, while the ledger runs.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Which kinds of faults; none to leave them to somebody else.</summary>
    public required IReadOnlyList<FaultKind> Faults { get; init; }

    /// <summary>A command that each silo's program is started with, in place of <c>{0}</c> the silo's number from 1; or null.</summary>
    public string? SiloCommand { get; init; }

    /// <summary>The silos' addresses, one each; none for loopback.</summary>
    public IReadOnlyList<IPAddress> SiloHosts { get; init; } = [];
}

/// <summary>What is done to a silo.</summary>
internal enum FaultKind
{
    /// <summary>SIGKILL, and started again.</summary>
    Kill,

    /// <summary>SIGSTOP until the others have declared it dead and taken over its grains; then it goes on.</summary>
    Pause,

    /// <summary>SIGTERM, and started again.</summary>
    Restart,
}
