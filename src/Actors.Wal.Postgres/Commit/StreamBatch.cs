using Actors.Wal.Postgres.Streams;
using Actors.Wal.Postgres.Upkeep;

namespace Actors.Wal.Postgres.Commit;

/// <summary>One stream's rows of a commit, and where the stream stands behind them.</summary>
/// <param name="stream">The stream.</param>
/// <param name="group">Streams of one group are committed all or none.</param>
internal sealed class StreamBatch(OwnedStream stream, int group)
{
    private readonly List<(AppendPart Part, Row Row, int Index, long First, long Last)> _parts = [];

    public OwnedStream Stream => stream;

    public int Group => group;

    public List<Row> Rows { get; } = [];

    /// <summary>Where the first row goes: the place that nobody else may have taken.</summary>
    public RowKey Start { get; } = stream.Tail.Next;

    public StreamTail Tail { get; private set; } = stream.Tail;

    /// <summary>Adds a part that <see cref="AppendRules"/> has let through.</summary>
    public void Add(AppendPart part)
    {
        long before = Tail.Seq;
        Row row = part.Kind switch
        {
            AppendKind.Events => AddEvents(part),
            AppendKind.State => AddState(part),
            AppendKind.Checkpoint => AddCheckpoint(part),
            AppendKind.Truncation => AddRow(RowKind.Truncation, Math.Max(Tail.First, part.At.Value), Tail.Checkpoint),
            _ => AddRow(RowKind.Tombstone, Tail.Seq, Tail.Checkpoint),
        };
        _parts.Add((part, row, row.Records - 1, before, Tail.Seq - 1));
    }

    /// <summary>It is committed.</summary>
    /// <param name="tx">By this transaction.</param>
    /// <param name="trims">Is told what the stream keeps no longer.</param>
    public void Commit(long tx, TrimList trims)
    {
        if (Rows[^1].Kind == RowKind.Tombstone)
            trims.Add(stream.Id, long.MaxValue);
        else if (Tail.First > stream.Tail.First)
            trims.Add(stream.Id, Tail.First);
        stream.Advance(Tail);
        foreach ((AppendPart part, Row row, int index, long first, long last) in _parts)
            part.Result = new AppendResult(new Sequence(first), new Sequence(last), Positions.Lsn(tx, row.Ordinal + index));
        if (Rows[^1].Kind == RowKind.Tombstone)
            stream.Lose("the stream was deleted.");
    }

    private Row AddEvents(AppendPart part)
    {
        Row row = Rows is [.., { Kind: RowKind.Events } last] ? last : Open(RowKind.Events, Tail.First, Tail.Checkpoint);
        row.Events.AddRange(part.Events);
        Tail = Tail with { Seq = Tail.Seq + part.Events.Count, Sub = 0 };
        return row;
    }

    private Row AddState(AppendPart part)
    {
        bool keepsNothing = part.KeepFrom < 0;
        long first = keepsNothing ? Tail.Seq : Math.Max(Tail.First, part.KeepFrom);
        Row row = Open(RowKind.State, first, Tail.Seq, keepsNothing ? null : Tail.Base);
        row.Events.Add(part.Events[0]);
        Tail = new StreamTail(Tail.Seq + 1, 0, first, Tail.Seq, row.Key);
        return row;
    }

    private Row AddCheckpoint(AppendPart part)
    {
        Row row = AddRow(RowKind.Checkpoint, Math.Max(Tail.First, part.KeepFrom), part.At.Value);
        row.Events.Add(part.Events[0]);
        Tail = Tail with { Base = row.Key };
        return row;
    }

    /// <summary>Adds a row without events: the next one begins at the same sequence.</summary>
    private Row AddRow(RowKind kind, long first, long? checkpoint)
    {
        Row row = Open(kind, first, checkpoint);
        Tail = Tail with { Sub = Tail.Sub + 1, First = first, Checkpoint = checkpoint };
        return row;
    }

    private Row Open(RowKind kind, long first, long? checkpoint) => Open(kind, first, checkpoint, Tail.Base);

    private Row Open(RowKind kind, long first, long? checkpoint, RowKey? before)
    {
        var row = new Row(stream, Tail.Next, kind, first, checkpoint, before);
        Rows.Add(row);
        return row;
    }
}
