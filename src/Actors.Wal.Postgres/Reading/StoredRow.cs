using Actors.Wal.Postgres.Streams;
using Npgsql;

namespace Actors.Wal.Postgres.Reading;

/// <summary>A row as stored in the table.</summary>
internal sealed record StoredRow(
    RowKey Key,
    int Count,
    int Epoch,
    RowKind Kind,
    long Tx,
    int Ordinal,
    DateTimeOffset Time,
    byte[]? Payload,
    long? Checkpoint,
    RowKey? Base,
    long First)
{
    /// <summary>The stream's tail while this row is the last one.</summary>
    public StreamTail Tail => new(
        Key.Seq + Count,
        Count == 0 ? Key.Sub + 1 : 0,
        Key,
        First,
        Checkpoint,
        Kind is RowKind.State or RowKind.Checkpoint ? Key : Base);

    /// <summary>The records that a reader gets for it, in order.</summary>
    /// <exception cref="LogCorruptException">The payload is missing, or does not hold the events that the row counts.</exception>
    public IEnumerable<LogRecord> Records(LogStreamId stream) => Kind switch
    {
        RowKind.Events => Decode(stream, Count).Select((e, i) => Record(LogRecordKind.Event, stream, Key.Seq + i, i, e)),
        RowKind.State => Decode(stream, 1).Select(e => Record(LogRecordKind.State, stream, Key.Seq, 0, e)),
        RowKind.Checkpoint => Decode(stream, 1).Select(e => Record(LogRecordKind.Checkpoint, stream, Checkpoint ?? 0, 0, e)),
        RowKind.Truncation => [Record(LogRecordKind.Truncation, stream, First, 0, default)],
        RowKind.Tombstone when Tail.IsEmpty => [], // the stream was empty
        RowKind.Tombstone => [Record(LogRecordKind.Deletion, stream, Key.Seq - 1, 0, default)],
        _ => [],
    };

    /// <summary>Reads a row. Its columns, from <paramref name="first"/> on, are seq, sub, count, epoch, kind, tx, ordinal, recorded_at,
    /// payload, checkpoint_seq, base_seq, base_sub and first_seq.</summary>
    public static StoredRow Read(NpgsqlDataReader reader, int first) => new(
        new RowKey(reader.GetInt64(first), reader.GetInt32(first + 1)),
        reader.GetInt32(first + 2),
        reader.GetInt32(first + 3),
        (RowKind)reader.GetInt16(first + 4),
        checked((long)reader.GetFieldValue<ulong>(first + 5)),
        reader.GetInt32(first + 6),
        new DateTimeOffset(reader.GetDateTime(first + 7), TimeSpan.Zero),
        reader.IsDBNull(first + 8) ? null : reader.GetFieldValue<byte[]>(first + 8),
        reader.IsDBNull(first + 9) ? null : reader.GetInt64(first + 9),
        reader.IsDBNull(first + 10) ? null : new RowKey(reader.GetInt64(first + 10), reader.GetInt32(first + 11)),
        reader.GetInt64(first + 12));

    private List<EventData> Decode(LogStreamId stream, int count)
    {
        try
        {
            return RowPayload.Decode(Payload ?? throw new InvalidDataException("The row has no payload."), count);
        }
        catch (InvalidDataException e)
        {
            throw new LogCorruptException($"Row {Key.Seq}/{Key.Sub} of stream '{stream}' is damaged: {e.Message}", "event", Key.Seq, Positions.Lsn(Tx, Ordinal), e);
        }
    }

    private LogRecord Record(LogRecordKind kind, LogStreamId stream, long sequence, int index, EventData data)
        => new(kind, new Sequence(sequence), Positions.Lsn(Tx, Ordinal + index), Time, new Epoch(Epoch), data.Codec, data.Payload, stream);
}
