namespace Actors.ClientDemo.Clusters;

/// <summary>The faults of a cluster and their effects; the names are those of the JSON file.</summary>
internal sealed record ChaosResult
{
    public required int Silos { get; init; }

    /// <summary>The number of faults of each kind.</summary>
    public required IReadOnlyDictionary<string, int> Faults { get; init; }

    /// <summary>Calls that got no answer and were repeated.</summary>
    public required long Repeated { get; init; }

    /// <summary>Refused appends of fenced activations on evicted silos, as far as those silos lived to report them.</summary>
    public required long StaleRefused { get; init; }

    /// <summary>Accounts that answered with an older state than their logs had, seconds after the last fault.</summary>
    public required int Outdated { get; init; }
}
