namespace Actors.Reliability.Workloads;

/// <summary>Something that is done to a store, the same for the same seed.</summary>
/// <param name="Name">What it is about, as a sentence's beginning.</param>
/// <param name="Options">The store's options, but for directory and clock.</param>
/// <param name="Generations">
/// What each owner of the store does, one after the other; between them the power goes, or the owner closes the store.
/// </param>
internal sealed record Workload(string Name, LocalLogStoreOptions Options, IReadOnlyList<Action<SimulatedStore>> Generations)
{
    /// <summary>Cut the power again during one of so many recoveries.</summary>
    public int SecondCrashEvery { get; init; } = 1;

    /// <summary>Whether segments are archived before they are compacted.</summary>
    public bool IsArchived { get; init; }

    public override string ToString() => Name;
}
