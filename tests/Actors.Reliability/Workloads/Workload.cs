namespace Actors.Reliability.Workloads;

/// <summary>The calls of the owners of a store. They are the same for the same seed.</summary>
/// <param name="Name">The subject of the workload.</param>
/// <param name="Options">The store's options, except directory and clock.</param>
/// <param name="Generations">
/// The calls of each owner, one owner after the other. Between two owners the power fails, or the first closes the store.
/// </param>
internal sealed record Workload(string Name, LocalLogStoreOptions Options, IReadOnlyList<Action<SimulatedStore>> Generations)
{
    /// <summary>One in this many recoveries gets a second crash.</summary>
    public int SecondCrashEvery { get; init; } = 1;

    /// <summary>Whether segments are archived before they are compacted.</summary>
    public bool IsArchived { get; init; }

    public override string ToString() => Name;
}
