using Actors.Wal.Format;

namespace Actors.Wal.Streams;

/// <summary>An open stream, shared by all of its handles. Each group of fields names the lock that guards it.</summary>
internal sealed class StreamState(LogStreamId id, byte[] idBytes, ulong hash, StreamView view, Spine spine)
{
    public LogStreamId Id { get; } = id;

    public byte[] IdBytes { get; } = idBytes;

    public ulong Hash { get; } = hash;

    // Guarded by the append queue's lock: the state that the next frame builds on, durable or not.
    public StreamView Pending = view;
    public Spine Spine = spine;
    public Epoch OwnerEpoch;
    public CancellationTokenSource? OwnerLost;

    /// <summary>
    /// Makes a stream without a checkpoint begin after a sequence, as if all events up to it had been dropped. The caller must
    /// append a checkpoint that includes these events: when the stream is loaded again, its first sequence is read from there.
    /// </summary>
    public StreamView BeginBehind(Sequence sequence)
    {
        if (Pending.Anchor is not null)
            return Pending;
        Pending.Dropped = sequence;
        if (Pending.HeadLocation is null)
            Pending.Head = sequence;
        return Pending;
    }

    // Guarded by the publication's lock: the state that was acknowledged.
    public StreamView Published = view;

    // Guarded by the stream table's stripe.
    public FrameLocation? Indexed = view.HeadLocation;
    public int Handles;
}
