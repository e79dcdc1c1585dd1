using Actors.Wal.Postgres.Streams;

namespace Actors.Wal.Postgres.Copying;

/// <summary>A stream that rows are copied to, with its tail behind the rows made so far.</summary>
internal sealed class CopiedStream(LogStreamId name, StreamTail tail)
{
    public LogStreamId Name => name;

    /// <summary>Its number in the tables; 0 until it is inserted.</summary>
    public long Id { get; set; }

    public StreamTail Tail { get; set; } = tail;

    /// <summary>The last row, and its batch. Until the batch is sent, further events with the same time are added to the row.</summary>
    public (CopyBatch Batch, CopyRow Row)? Open { get; set; }
}

/// <summary>A row that is to be inserted.</summary>
/// <param name="Stream">Its stream.</param>
/// <param name="Key">Its position in the stream.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Time">Its time.</param>
/// <param name="First">The first sequence that the stream keeps as of this row.</param>
/// <param name="Checkpoint">The sequence of the last checkpoint as of this row.</param>
/// <param name="Base">The last row before this one that has a checkpoint or a state.</param>
internal sealed record CopyRow(CopiedStream Stream, RowKey Key, RowKind Kind, DateTimeOffset Time, long First, long? Checkpoint, RowKey? Base)
{
    public List<EventData> Events { get; } = [];

    public int Bytes { get; private set; }

    /// <summary>The number of sequences in the row.</summary>
    public int Count => Kind is RowKind.Events or RowKind.State ? Events.Count : 0;

    /// <summary>The number of records that the row has in the change feed.</summary>
    public int Records => Math.Max(Count, 1);

    public void Add(in LogRecord record)
    {
        Events.Add(new EventData(record.Payload.ToArray(), record.Codec));
        Bytes += RowPayload.HeaderBytes + record.Payload.Length;
    }
}

/// <summary>Rows that are inserted together: the next rows of each of its streams, in order.</summary>
internal sealed class CopyBatch
{
    private const int MostRows = 4096;
    private const int MostRecords = 65_536;
    private const int MostBytes = 4 * 1024 * 1024;
    private const int MostRowBytes = 1024 * 1024;

    private int _records;
    private long _bytes;

    public List<CopyRow> Rows { get; } = [];

    /// <summary>Streams that are not in the tables yet.</summary>
    public List<CopiedStream> New { get; } = [];

    public bool IsFull => Rows.Count >= MostRows || _records >= MostRecords || _bytes >= MostBytes;

    /// <summary>Adds a stream, with the fence that its chain begins with.</summary>
    public void Begin(CopiedStream stream, DateTimeOffset time)
    {
        New.Add(stream);
        Open(stream, RowKind.Fence, time, stream.Tail.AfterMark(stream.Tail.First));
    }

    /// <summary>Adds the next record of a stream, as the store itself would have written it.</summary>
    public void Add(CopiedStream stream, in LogRecord record)
    {
        StreamTail tail = stream.Tail;
        if (record.Kind != LogRecordKind.Checkpoint && record.Sequence.Value != tail.Seq)
            throw new InvalidOperationException($"Event {record.Sequence} of stream '{stream.Name}' can't follow event {tail.Head}.");
        CopyRow row = record.Kind switch
        {
            LogRecordKind.Event when stream.Open is { } open && open.Batch == this && open.Row is { Kind: RowKind.Events } last
                && last.Time == record.Time && last.Bytes + record.Payload.Length <= MostRowBytes => Extend(stream, last),
            LogRecordKind.Event => Open(stream, RowKind.Events, record.Time, tail.AfterEvents(1)),
            LogRecordKind.State => Open(stream, RowKind.State, record.Time, tail.AfterState(tail.First)),
            _ => Open(stream, RowKind.Checkpoint, record.Time, tail.AfterCheckpoint(record.Sequence.Value, tail.First)),
        };
        row.Add(record);
        _records++;
        _bytes += RowPayload.HeaderBytes + record.Payload.Length;
    }

    /// <summary>Adds a truncation, which drops the events of a stream before a sequence.</summary>
    public void Truncate(CopiedStream stream, long first, DateTimeOffset time) => Open(stream, RowKind.Truncation, time, stream.Tail.AfterMark(first));

    private static CopyRow Extend(CopiedStream stream, CopyRow events)
    {
        stream.Tail = stream.Tail with { Seq = stream.Tail.Seq + 1 };
        return events;
    }

    private CopyRow Open(CopiedStream stream, RowKind kind, DateTimeOffset time, StreamTail after)
    {
        var row = new CopyRow(stream, stream.Tail.Next, kind, time, after.First, after.Checkpoint, stream.Tail.Base);
        Rows.Add(row);
        stream.Open = (this, row);
        stream.Tail = after;
        _records++;
        return row;
    }
}
