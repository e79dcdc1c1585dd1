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
    /// <summary>Not answered yet.</summary>
    Open,

    Acknowledged,

    /// <summary>Answered with: nothing was written.</summary>
    Rejected,

    /// <summary>Answered with: nobody knows.</summary>
    Unknown,
}

/// <summary>One call, as the log takes it or not: as a whole.</summary>
internal sealed class ModelOperation(OperationKind kind, IReadOnlyList<ModelPart> parts, long at, bool isSynced)
{
    public OperationKind Kind { get; } = kind;

    /// <summary>What it does to each of its streams; one but for an atomic append.</summary>
    public IReadOnlyList<ModelPart> Parts { get; } = parts;

    /// <summary>The sequence of a checkpoint, or the first one that a truncation keeps.</summary>
    public long At { get; } = at;

    /// <summary>Whether its acknowledgement promises that it survives loss of power.</summary>
    public bool IsSynced { get; } = isSynced;

    /// <summary>How soon after its acknowledgement its flush must begin; null if that is not promised.</summary>
    public TimeSpan? FlushWithin { get; init; }

    /// <summary>What a checkpoint or a state keeps of what came before it.</summary>
    public Retention Retention { get; init; }

    /// <summary>When it was submitted.</summary>
    public DateTimeOffset Time { get; init; }

    public OperationOutcome Outcome { get; set; }

    public override string ToString() => $"{Kind} {string.Join('+', Parts.Select(p => $"{p.Stream}×{p.Payloads.Count}"))}{(At > 0 ? $" at {At}" : "")}: {Outcome}";
}

/// <summary>What an operation does to one stream.</summary>
internal sealed record ModelPart(string Stream, IReadOnlyList<ReadOnlyMemory<byte>> Payloads);
