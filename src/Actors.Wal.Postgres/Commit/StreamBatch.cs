using Actors.Wal.Postgres.Streams;
using Actors.Wal.Postgres.Upkeep;

namespace Actors.Wal.Postgres.Commit;

/// <summary>One stream's rows of a commit, and the stream's tail behind them.</summary>
/// <param name="batch">The commit.</param>
/// <param name="stream">The stream.</param>
/// <param name="group">Streams of one group are committed all or none.</param>
internal sealed class StreamBatch(CommitBatch batch, OwnedStream stream, int group)
{
    private readonly List<AppendPart> _parts = new(1);
    private Sighting? _seen;

    public CommitBatch Batch => batch;

    public OwnedStream Stream => stream;

    public int Group => group;

    public List<Row> Rows { get; } = new(1);

    /// <summary>The stream's tail before the commit. The position behind it must be free.</summary>
    public StreamTail Start { get; } = stream.Tail;

    public StreamTail Tail { get; private set; } = stream.Tail;

    /// <summary>Whether it is one row of events, which takes its unchanged columns from the stream's last row.</summary>
    public bool IsPlain => Rows.Count == 1 && Rows[0].Kind == RowKind.Events && group == 0;

    public bool IsDeletion => Rows.Count > 0 && Rows[^1].Kind == RowKind.Tombstone;

    /// <summary>The change in the number of streams with events: 1, 0 or -1.</summary>
    public int Grows => (HasEvents(Tail) && !IsDeletion ? 1 : 0) - (HasEvents(Start) ? 1 : 0);

    /// <summary>The transaction that has committed the rows; null until then.</summary>
    public long? CommittedBy { get; private set; }

    /// <summary>Whether it is decided that the rows are not committed.</summary>
    public bool IsRefused { get; set; }

    /// <summary>Adds a part that <see cref="PostgresAppendRules"/> has not refused.</summary>
    public void Add(AppendPart part)
    {
        long before = Tail.Seq;
        Row row = part.Kind switch
        {
            PostgresAppendKind.Events when Rows is [.., { Kind: RowKind.Events } last] => Extend(last, part.Events.Length),
            PostgresAppendKind.Events => Open(RowKind.Events, Tail.AfterEvents(part.Events.Length), Tail.Base),
            PostgresAppendKind.State when part.KeepFrom < 0 => Open(RowKind.State, Tail.AfterState(Tail.Seq), null),
            PostgresAppendKind.State => Open(RowKind.State, Tail.AfterState(Math.Max(Tail.First, part.KeepFrom)), Tail.Base),
            PostgresAppendKind.Checkpoint => Open(RowKind.Checkpoint, Tail.AfterCheckpoint(part.At.Value, Math.Max(Tail.First, part.KeepFrom)), Tail.Base),
            PostgresAppendKind.Truncation => Open(RowKind.Truncation, Tail.AfterMark(Math.Max(Tail.First, part.At.Value)), Tail.Base),
            _ => Open(RowKind.Tombstone, Tail.AfterMark(Tail.Seq), Tail.Base),
        };
        row.Add(part.Events);
        part.Place = (row, row.Records - 1);
        part.Result = new AppendResult(new Sequence(before), new Sequence(Tail.Seq - 1), Lsn.Zero);
        _parts.Add(part);
    }

    /// <summary>Sets the transaction that has committed the rows.</summary>
    /// <param name="tx">The transaction.</param>
    /// <param name="seen">The sighting for the next append; null if there is none.</param>
    public void Commit(long tx, Sighting? seen)
    {
        CommittedBy = tx;
        _seen = seen;
    }

    /// <summary>Moves the stream's tail behind the committed rows, and sets the results of the parts.</summary>
    /// <param name="tx">The transaction that has committed the rows.</param>
    /// <param name="trims">Gets the rows that the stream no longer keeps.</param>
    public void Settle(long tx, TrimList trims)
    {
        if (IsDeletion)
            trims.Add(stream.Id, long.MaxValue);
        else if (Tail.First > Start.First)
            trims.Add(stream.Id, Tail.First);
        if (stream.TakeFence() is { } fence)
            trims.AddFence(stream.Id, fence);
        stream.Advance(Tail, _seen);
        foreach (AppendPart part in _parts)
            part.Result = part.Result with { LastLsn = Positions.Lsn(tx, part.Place.Row.Ordinal + part.Place.Last) };
        if (IsDeletion)
            stream.End(OwnedStream.DeletedReason);
    }

    private static bool HasEvents(in StreamTail tail) => tail.Seq > 1;

    private Row Extend(Row events, int count)
    {
        Tail = Tail with { Seq = Tail.Seq + count };
        return events;
    }

    private Row Open(RowKind kind, StreamTail after, RowKey? before)
    {
        var row = new Row(Tail.Next, kind, after.First, after.Checkpoint, before);
        Rows.Add(row);
        Tail = after;
        return row;
    }
}
