using Actors.Wal;

namespace Actors.Orleans.GrainLogs;

/// <summary>Reads what grain logs write, with the idempotency keys in front of it.</summary>
internal static class Keyed
{
    /// <summary>An event without its key.</summary>
    /// <exception cref="GrainLogDecodeException">The key can't be read.</exception>
    public static LogRecord EventOf(in LogRecord record, out string? key)
    {
        try
        {
            return KeyedPayload.Unwrap(record, out key);
        }
        catch (InvalidDataException e)
        {
            throw new GrainLogDecodeException(record.Stream, record.Sequence, nameof(LogRecordKind.Event), e);
        }
    }
}
