namespace Actors.ClientDemo.Clusters;

/// <summary>What was done to a cluster, and what came of it; the names are those of the JSON file.</summary>
internal sealed record ChaosResult
{
    public required int Silos { get; init; }

    /// <summary>How often each kind of fault was made.</summary>
    public required IReadOnlyDictionary<string, int> Faults { get; init; }

    /// <summary>Calls that went unanswered and were made again.</summary>
    public required long Repeated { get; init; }

    /// <summary>Writes of activations on evicted silos that the log refused, as far as those silos lived to tell.</summary>
    public required long StaleRefused { get; init; }

    /// <summary>Accounts that answered with an older state than their logs had, seconds after the last fault.</summary>
    public required int Outdated { get; init; }
}
