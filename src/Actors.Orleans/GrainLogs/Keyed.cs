using Actors.Orleans.Codecs;
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

    /// <summary>A checkpoint's state, and the keys that it remembers.</summary>
    /// <exception cref="GrainLogDecodeException">One of them can't be read.</exception>
    public static (TState State, IReadOnlyList<KeyValuePair<string, Sequence>> Keys) Decode<TState>(in LogRecord record, PayloadCodec<TState> states)
    {
        LogRecord bare;
        IReadOnlyList<KeyValuePair<string, Sequence>> keys;
        try
        {
            bare = KeyedPayload.Unwrap(record, out keys);
        }
        catch (InvalidDataException e)
        {
            throw new GrainLogDecodeException(record.Stream, record.Sequence, nameof(LogRecordKind.Checkpoint), e);
        }

        return (states.Decode(bare), keys);
    }
}
