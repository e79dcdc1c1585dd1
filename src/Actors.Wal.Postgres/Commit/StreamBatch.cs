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
            PostgresAppendKind.Events => AddEvents(part),
            PostgresAppendKind.State => AddState(part),
            PostgresAppendKind.Checkpoint => AddCheckpoint(part),
            PostgresAppendKind.Truncation => AddRow(RowKind.Truncation, Math.Max(Tail.First, part.At.Value), Tail.Checkpoint),
            _ => AddRow(RowKind.Tombstone, Tail.Seq, Tail.Checkpoint),
        };
        part.Place = (row, row.Records - 1);
        part.Result = new AppendResult(new Sequence(before), new Sequence(Tail.Seq - 1), Lsn.Zero);
        _parts.Add(part);
    }

    /// <summary>Sets the transaction that has committed the rows.</summary>
    /// <param name="tx">The transaction; null if another owner's row is at the position.</param>
    /// <param name="seen">The sighting for the next append; null if there is none.</param>
    public void Commit(long? tx, Sighting? seen)
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

    private Row AddEvents(AppendPart part)
    {
        Row row = Rows is [.., { Kind: RowKind.Events } last] ? last : Open(RowKind.Events, Tail.First, Tail.Checkpoint);
        row.Add(part.Events);
        Tail = Tail with { Seq = Tail.Seq + part.Events.Length, Sub = 0, Last = row.Key };
        return row;
    }

    private Row AddState(AppendPart part)
    {
        bool keepsNothing = part.KeepFrom < 0;
        long first = keepsNothing ? Tail.Seq : Math.Max(Tail.First, part.KeepFrom);
        Row row = Open(RowKind.State, first, Tail.Seq, keepsNothing ? null : Tail.Base);
        row.Add(part.Events);
        Tail = new StreamTail(Tail.Seq + 1, 0, row.Key, first, Tail.Seq, row.Key);
        return row;
    }

    private Row AddCheckpoint(AppendPart part)
    {
        Row row = AddRow(RowKind.Checkpoint, Math.Max(Tail.First, part.KeepFrom), part.At.Value);
        row.Add(part.Events);
        Tail = Tail with { Base = row.Key };
        return row;
    }

    /// <summary>Adds a row without events: the next one begins at the same sequence.</summary>
    private Row AddRow(RowKind kind, long first, long? checkpoint)
    {
        Row row = Open(kind, first, checkpoint);
        Tail = Tail with { Sub = Tail.Sub + 1, Last = row.Key, First = first, Checkpoint = checkpoint };
        return row;
    }

    private Row Open(RowKind kind, long first, long? checkpoint) => Open(kind, first, checkpoint, Tail.Base);

    private Row Open(RowKind kind, long first, long? checkpoint, RowKey? before)
    {
        var row = new Row(Tail.Next, kind, first, checkpoint, before);
        Rows.Add(row);
        return row;
    }
}
