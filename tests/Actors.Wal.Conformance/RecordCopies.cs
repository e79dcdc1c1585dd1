namespace Actors.Wal.Conformance;

/// <summary>Copies records, so that they stay valid after the enumeration has moved on.</summary>
internal static class RecordCopies
{
    public static LogRecord Copy(this LogRecord record)
        => new(record.Kind, record.Sequence, record.Lsn, record.Time, record.Epoch, record.Codec, record.Payload.ToArray(), record.Stream);

    public static async Task<List<LogRecord>> CopiesAsync(this IAsyncEnumerable<LogRecord> records)
    {
        var copies = new List<LogRecord>();
        await foreach (LogRecord record in records)
            copies.Add(record.Copy());
        return copies;
    }

    public static string Line(this LogRecord record) => $"{record.Kind} {record.Sequence} {record.Text()}";
}
