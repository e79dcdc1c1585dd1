using Actors.Wal;

namespace Actors.Orleans.Codecs;

/// <summary>Encodes checkpoints of grain logs: idempotency keys and the version of the state, both optional, and the state.</summary>
/// <param name="states">Encodes the state.</param>
/// <param name="version">The state's version; null for none.</param>
/// <param name="upcast">Turns a checkpoint of a version into a state, if there is an upcaster for it.</param>
internal sealed class CheckpointCodec<TState>(PayloadCodec<TState> states, ulong? version, Func<ulong?, LogRecord, (bool IsMade, TState? State)> upcast)
{
    /// <summary>Encodes into a rented writer. The caller returns the writer after the append has returned.</summary>
    /// <param name="state">The state.</param>
    /// <param name="keys">The keys that the grain remembers.</param>
    /// <param name="codec">The codec's number for the frame.</param>
    public PayloadWriter Encode(TState state, IdempotencyWindow keys, out byte codec)
    {
        bool keyed = !keys.IsEmpty;
        codec = (byte)(states.Number | (keyed ? KeyedPayload.CodecFlag : 0) | (version is null ? 0 : StatePayload.CodecFlag));
        if (!keyed && version is null)
            return states.Encode(state);
        return states.Encode(state, front =>
        {
            if (keyed)
                keys.Write(front);
            if (version is not { } number)
                return;
            StatePayload.Write(front.GetSpan(StatePayload.Bytes), number);
            front.Advance(StatePayload.Bytes);
        });
    }

    /// <summary>Returns a checkpoint's state, and the keys that it remembers.</summary>
    /// <exception cref="UnusableCheckpointException">The checkpoint is of another version, has no state, or can't be decoded.</exception>
    public (TState State, IReadOnlyList<KeyValuePair<string, Sequence>> Keys) Decode(in LogRecord record)
    {
        if (record.Codec == StatePayload.NoState)
            throw new UnusableCheckpointException(record, "it was dropped");
        try
        {
            LogRecord state = StatePayload.Unwrap(KeyedPayload.Unwrap(record, out IReadOnlyList<KeyValuePair<string, Sequence>> keys), out ulong? written);
            if (written == version)
                return (states.Decode(state), keys);
            (bool isMade, TState? made) = Upcast(record, written, state);
            return isMade ? (made!, keys) : throw new UnusableCheckpointException(record, $"it is of {Text(written)} of {typeof(TState)}, and the program has {Text(version)}");
        }
        catch (Exception e) when (e is InvalidDataException or GrainLogDecodeException)
        {
            throw new UnusableCheckpointException(record, $"it can't be decoded: {(e.InnerException ?? e).Message}", e);
        }
    }

    private (bool IsMade, TState? State) Upcast(in LogRecord record, ulong? written, in LogRecord state)
    {
        try
        {
            return upcast(written, state) is var made && made is { IsMade: true, State: null }
                ? throw new InvalidOperationException("it gave null")
                : made;
        }
        catch (Exception e) when (e is not GrainLogDecodeException)
        {
            throw new UnusableCheckpointException(record, $"what makes {typeof(TState)} out of {Text(written)} failed: {e.Message}", e);
        }
    }

    /// <inheritdoc cref="PayloadCodec{T}.Same"/>
    public bool Same(TState one, TState other) => states.Same(one, other);

    private static string Text(ulong? number) => number switch
    {
        null => "no version",
        > long.MaxValue => $"shape {number:x16}",
        _ => $"version {number}",
    };
}

/// <summary>A checkpoint can't be used. The state must be rebuilt from the events.</summary>
internal sealed class UnusableCheckpointException(LogRecord checkpoint, string reason, Exception? inner = null) : Exception($"Checkpoint {checkpoint.Sequence} of stream '{checkpoint.Stream}' can't be used: {reason}.", inner)
{
    public Sequence Sequence => checkpoint.Sequence;

    public string Reason => reason;
}
