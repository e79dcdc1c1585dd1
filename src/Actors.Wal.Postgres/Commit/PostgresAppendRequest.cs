using Actors.Wal.Commit;
using Actors.Wal.Postgres.Streams;

namespace Actors.Wal.Postgres.Commit;

internal enum PostgresAppendKind
{
    Events,
    State,
    Checkpoint,
    Truncation,
    Deletion,
}

/// <summary>One stream's part of an append.</summary>
internal sealed class AppendPart(OwnedStream stream, PostgresAppendKind kind, EventData[] events, Sequence? expected)
{
    public OwnedStream Stream => stream;

    public PostgresAppendKind Kind => kind;

    public EventData[] Events => events;

    public Sequence? Expected => expected;

    /// <summary>The sequence of a checkpoint, or the sequence before which a truncation drops events.</summary>
    public Sequence At { get; init; }

    /// <summary>The first event that retention keeps; 0 if it drops nothing, -1 for a state record that keeps nothing before itself.</summary>
    public long KeepFrom { get; init; }

    public int Bytes { get; } = RowPayload.SizeOf(events);

    /// <summary>The row that contains the part, and the index of the part's last record in that row.</summary>
    public (Row Row, int Last) Place { get; set; }

    public AppendResult Result { get; set; }
}

/// <summary>An append that waits for its commit: to one stream, or atomically to several.</summary>
/// <param name="parts">The parts, one per stream.</param>
/// <param name="caller">The handle that is told when the outcome is decided; null for several streams.</param>
internal sealed class PostgresAppendRequest(AppendPart[] parts, PostgresStream? caller = null) : AppendCompletion
{
    public AppendPart[] Parts => parts;

    public int Bytes { get; } = parts.Length == 1 ? parts[0].Bytes : parts.Sum(p => p.Bytes);

    public override void Execute()
    {
        Result = parts[0].Result;
        caller?.Settle();
        base.Execute();
    }
}
