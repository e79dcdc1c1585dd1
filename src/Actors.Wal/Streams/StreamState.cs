using Actors.Wal.Format;

namespace Actors.Wal.Streams;

/// <summary>An open stream, shared by all of its handles. Which lock guards what is said at each group.</summary>
internal sealed class StreamState(StreamId id, byte[] idBytes, ulong hash, StreamView view, Spine spine)
{
    public StreamId Id { get; } = id;

    public byte[] IdBytes { get; } = idBytes;

    public ulong Hash { get; } = hash;

    // Guarded by the append queue: what the next frame builds on, durable or not.
    public StreamView Pending = view;
    public Spine Spine = spine;
    public Epoch OwnerEpoch;
    public CancellationTokenSource? OwnerLost;

    /// <summary>
    /// Lets a stream that has no checkpoint begin behind a sequence, as if all events up to there had been dropped. A checkpoint
    /// must be appended that stands for them: once the stream is closed, that one tells its first event.
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

    // Guarded by the publication lock: what was acknowledged.
    public StreamView Published = view;

    // Guarded by the stream table's stripe.
    public FrameLocation? Indexed = view.HeadLocation;
    public int Handles;
}
