namespace Actors.Orleans;

/// <summary>The result of replaying a store's history with a program's code.</summary>
public sealed record ReplayReport
{
    /// <summary>Streams whose events, checkpoints or states were read with the program's types.</summary>
    public required long Streams { get; init; }

    /// <summary>Events that were decoded and applied.</summary>
    public required long Events { get; init; }

    /// <summary>Checkpoints and states that were decoded.</summary>
    public required long States { get; init; }

    /// <summary>The places in the history that the program's code can't replay, or replays with another result than before.</summary>
    public required IReadOnlyList<ReplayProblem> Problems { get; init; }

    /// <summary>Grains whose checkpoint can't be used. Their next activation rebuilds the state from all events.</summary>
    public required IReadOnlyList<ReplayRebuild> Rebuilds { get; init; }

    /// <summary>Grain classes without <c>[GrainType]</c>. Their streams are named after the class, and renaming it would leave its grains empty.</summary>
    public IReadOnlyList<string> NamedByClass { get; init; } = [];

    /// <summary>
    /// How many streams of each kind, <c>type/…/name</c>, were not read, because no attribute tells their type: transactional states and
    /// durable grains, for example.
    /// </summary>
    public required IReadOnlyDictionary<string, long> NotChecked { get; init; }
}

/// <summary>A place in a store's history that the program's code can't replay, or replays with another result than before.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Version">The event, or the checkpoint's sequence.</param>
/// <param name="Kind">The kind of problem.</param>
/// <param name="Reason">The cause, with the alias or type that the record has.</param>
public sealed record ReplayProblem(string Stream, long Version, ReplayProblemKind Kind, string Reason);

/// <summary>A grain whose state is rebuilt from its events.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Checkpoint">The checkpoint's sequence.</param>
/// <param name="Events">How many events are replayed.</param>
/// <param name="Duration">How long the check took to replay them.</param>
/// <param name="Reason">Why the checkpoint can't be used.</param>
public sealed record ReplayRebuild(string Stream, long Checkpoint, long Events, TimeSpan Duration, string Reason);

/// <summary>The problems that a program's code can have with a record.</summary>
public enum ReplayProblemKind
{
    /// <summary>An event can't be decoded; the grain could not be activated if it has to replay it.</summary>
    EventNotDecoded = 1,

    /// <summary>An event can't be applied; the grain could not be activated if it has to replay it.</summary>
    EventNotApplied = 2,

    /// <summary>A state can't be decoded, or a checkpoint can't be used and not all events before it are kept; the grain could not be activated.</summary>
    StateNotDecoded = 3,

    /// <summary>The events give another state than the checkpoint that was taken of them. The grain activates with the checkpoint's state.</summary>
    CheckpointDiffers = 4,

    /// <summary>No grain class has these streams: a grain type or a log was renamed or removed. Its grains would start with an empty state.</summary>
    NoGrainClass = 5,
}
