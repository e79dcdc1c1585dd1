using Actors.Wal.Commit;
using Actors.Wal.Postgres.Streams;

namespace Actors.Wal.Postgres.Commit;

internal enum AppendKind
{
    Events,
    State,
    Checkpoint,
    Truncation,
    Deletion,
}

/// <summary>One stream's part of an append.</summary>
internal sealed class AppendPart(OwnedStream stream, AppendKind kind, EventData[] events, Sequence? expected)
{
    public OwnedStream Stream => stream;

    public AppendKind Kind => kind;

    public EventData[] Events => events;

    public Sequence? Expected => expected;

    /// <summary>Where a checkpoint stands, or before which a truncation drops.</summary>
    public Sequence At { get; init; }

    /// <summary>The first event that the stream's retention keeps; zero for what was kept before, -1 for a state that keeps nothing before itself.</summary>
    public long KeepFrom { get; init; }

    public int Bytes { get; } = RowPayload.SizeOf(events);

    /// <summary>The row that it is in, and which of the row's records is its last.</summary>
    public (Row Row, int Last) Place { get; set; }

    public AppendResult Result { get; set; }
}

/// <summary>An append that waits for its commit: of one stream, or of several, all or nothing.</summary>
/// <param name="parts">What is appended.</param>
/// <param name="caller">The handle that is told when it is decided; none if it is of several streams.</param>
internal sealed class AppendRequest(AppendPart[] parts, PostgresStream? caller = null) : AppendCompletion
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
