using System.Buffers;
using Actors.Orleans.Codecs;
using Actors.Wal;

namespace Actors.Orleans.Events;

/// <summary>A log's state and position, which migrate with the grain.</summary>
/// <param name="Position">The log's position.</param>
/// <param name="State">The state, encoded.</param>
internal sealed record EventMigration(EventPosition Position, ReadOnlySequence<byte> State)
{
    private const string PositionSuffix = "/position";

    public static void Write<TState>(IDehydrationContext context, string key, TState state, CheckpointCodec<TState> states, EventTail tail, Epoch epoch)
    {
        PayloadWriter payload = states.Encode(state, tail.Keys, out byte codec);
        context.AddBytes(key, payload.Written.Span);
        context.TryAddValue(key + PositionSuffix, new EventPosition
        {
            Codec = codec,
            Version = tail.Version.Value,
            Epoch = epoch.Value,
            Saved = tail.Saved.Value,
            TailBytes = tail.UntriedBytes,
            TailPlaces = tail.UntriedPlaces,
            LastLsn = tail.Last.Value,
        });
        PayloadWriter.Return(payload);
    }

    /// <summary>
    /// Reads the state and position that were written under a key; null when there are none. Copies them, because the context's memory is
    /// not valid later.
    /// </summary>
    public static EventMigration? Read(IRehydrationContext context, string key)
        => context.TryGetValue(key + PositionSuffix, out EventPosition? position) && position is not null
            && context.TryGetBytes(key, out ReadOnlySequence<byte> state)
                ? new EventMigration(position, new ReadOnlySequence<byte>(state.ToArray()))
                : null;

    /// <summary>Decodes the state and sets the tail to the migrated position.</summary>
    /// <exception cref="UnusableCheckpointException">The state is of another version, or can't be decoded.</exception>
    public TState Resume<TState>(LogStreamId stream, CheckpointCodec<TState> states, EventTail tail)
    {
        (TState state, IReadOnlyList<KeyValuePair<string, Sequence>> keys) = states.Decode(Position.ToRecord(stream, State));
        tail.Resume(Position, keys);
        return state;
    }
}
