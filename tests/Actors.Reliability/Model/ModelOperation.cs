namespace Actors.Reliability.Model;

internal enum OperationKind
{
    Append,
    State,
    Checkpoint,
    Truncation,
    Deletion,
    Atomic,
}

internal enum OperationOutcome
{
    /// <summary>Not completed yet.</summary>
    Open,

    Acknowledged,

    /// <summary>Rejected: nothing was written.</summary>
    Rejected,

    /// <summary>In doubt.</summary>
    Unknown,
}

/// <summary>One call. The log must have all of it or nothing.</summary>
internal sealed class ModelOperation(OperationKind kind, IReadOnlyList<ModelPart> parts, long at, bool isSynced)
{
    public OperationKind Kind { get; } = kind;

    /// <summary>Its parts, one per stream; only an atomic append has several.</summary>
    public IReadOnlyList<ModelPart> Parts { get; } = parts;

    /// <summary>The sequence of a checkpoint, or the first one that a truncation keeps.</summary>
    public long At { get; } = at;

    /// <summary>Whether its acknowledgement promises durability.</summary>
    public bool IsSynced { get; } = isSynced;

    /// <summary>The longest time between its acknowledgement and its flush; null without such a promise.</summary>
    public TimeSpan? FlushWithin { get; init; }

    /// <summary>The retention that a checkpoint or a state record applies.</summary>
    public Retention Retention { get; init; }

    /// <summary>The time at which it was submitted.</summary>
    public DateTimeOffset Time { get; init; }

    public OperationOutcome Outcome { get; set; }

    public override string ToString() => $"{Kind} {string.Join('+', Parts.Select(p => $"{p.Stream}×{p.Payloads.Count}"))}{(At > 0 ? $" at {At}" : "")}: {Outcome}";
}

/// <summary>The part of an operation for one stream.</summary>
internal sealed record ModelPart(string Stream, IReadOnlyList<ReadOnlyMemory<byte>> Payloads);
