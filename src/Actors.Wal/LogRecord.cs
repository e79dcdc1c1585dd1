namespace Actors.Wal;

/// <summary>The kinds of records.</summary>
public enum LogRecordKind
{
    /// <summary>One event.</summary>
    Event = 1,

    /// <summary>The stream's full state as of its sequence; it takes no sequence of its own.</summary>
    Checkpoint = 2,

    /// <summary>The stream's full state, which is also the event of its sequence: replay starts and may end here.</summary>
    State = 3,

    /// <summary>Events before its sequence were dropped.</summary>
    Truncation = 4,

    /// <summary>The stream was deleted.</summary>
    Deletion = 5,
}

/// <summary>One record as read from a store.</summary>
/// <remarks>
/// <see cref="Payload"/> points into the reader's buffer and is valid until the enumeration moves on;
/// copy what must live longer.
/// </remarks>
public readonly struct LogRecord
{
    /// <summary>Makes a record; for stores and their tests.</summary>
    public LogRecord(LogRecordKind kind, Sequence sequence, Lsn lsn, DateTimeOffset time, Epoch epoch, byte codec, ReadOnlyMemory<byte> payload, LogStreamId stream)
    {
        Kind = kind;
        Sequence = sequence;
        Lsn = lsn;
        Time = time;
        Epoch = epoch;
        Codec = codec;
        Payload = payload;
        Stream = stream;
    }

    /// <summary>The kind of the record.</summary>
    public LogRecordKind Kind { get; }

    /// <summary>The stream that the record belongs to.</summary>
    public LogStreamId Stream { get; }

    /// <summary>The sequence of an event, or of the last event that a checkpoint includes.</summary>
    public Sequence Sequence { get; }

    /// <summary>The record's number within the store.</summary>
    public Lsn Lsn { get; }

    /// <summary>
    /// When the record was accepted, by the store's clock, in UTC, or up to 10 milliseconds earlier; never before an earlier record of its
    /// stream. In a local store, never before any earlier record.
    /// </summary>
    public DateTimeOffset Time { get; }

    /// <summary>The epoch of the owner that wrote it.</summary>
    public Epoch Epoch { get; }

    /// <summary>The codec number that the writer gave.</summary>
    public byte Codec { get; }

    /// <summary>The writer's bytes; valid until the enumeration moves on.</summary>
    public ReadOnlyMemory<byte> Payload { get; }
}
