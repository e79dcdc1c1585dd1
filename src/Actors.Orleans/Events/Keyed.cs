using Actors.Wal;

namespace Actors.Orleans.Events;

/// <summary>Reads records of grain logs that have an idempotency key in front of the event.</summary>
internal static class Keyed
{
    /// <summary>Returns an event without its key.</summary>
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
