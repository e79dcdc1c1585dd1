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

    // Guarded by the publication lock: what was acknowledged.
    public StreamView Published = view;

    // Guarded by the stream table's stripe.
    public FrameLocation? Indexed = view.HeadLocation;
    public int Handles;
}
