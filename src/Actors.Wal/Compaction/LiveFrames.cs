using System.Runtime.ExceptionServices;
using Actors.Wal.Format;
using Actors.Wal.Reading;
using Actors.Wal.Segments;
using Actors.Wal.Streams;

namespace Actors.Wal.Compaction;

/// <summary>
/// Tells which frames are live. The live frames of a stream are all from one location on: that of the first event that it keeps,
/// or of an earlier checkpoint that this event builds on. A dead frame never becomes live again.
/// </summary>
internal sealed class LiveFrames(StreamTable streams, SegmentSet segments, ulong storeSeed)
{
    private readonly FrameReader _reader = new(segments, storeSeed);
    private readonly Dictionary<ulong, KnownStream> _known = [];

    /// <summary>Called with damage that prevents a decision. The default throws it.</summary>
    public Action<LogCorruptException> Damaged { get; init; } = static e => ExceptionDispatchInfo.Throw(e);

    /// <summary>Forgets the known streams, because later appends may have changed them.</summary>
    public void Forget() => _known.Clear();

    /// <summary>Whether an acknowledged frame is live. If damage prevents a decision, all frames of its stream count as live.</summary>
    public bool IsLive(in FrameHeader frame, FrameLocation location, ReadOnlyMemory<byte> bytes)
    {
        ReadOnlyMemory<byte> id = Records.IdOf(frame, bytes);
        KnownStream stream = Find(frame.StreamHash, id) ?? Look(frame.StreamHash, id.ToArray());
        return stream.Begin is not { } begin || location.CompareTo(begin) >= 0;
    }

    private KnownStream? Find(ulong hash, ReadOnlyMemory<byte> id)
    {
        _known.TryGetValue(hash, out KnownStream? known);
        while (known is not null && !id.Span.SequenceEqual(known.IdBytes))
            known = known.SameHash;
        return known;
    }

    private KnownStream Look(ulong hash, byte[] idBytes)
    {
        _known.TryGetValue(hash, out KnownStream? sameHash);
        return _known[hash] = new KnownStream(idBytes, BeginOf(hash, idBytes), sameHash);
    }

    /// <summary>Returns where a stream's live frames begin: behind all frames if the stream does not exist, null if that is not known.</summary>
    private FrameLocation? BeginOf(ulong hash, byte[] idBytes)
    {
        // No stream can be opened whose id is not a valid name. The frame stays for an investigation.
        if (LogStreamId.FromBytes(idBytes) is not { } id)
            return null;
        try
        {
            StreamState state = streams.Peek(id, idBytes, hash, _reader);
            StreamView view = state.Published;
            return view.HeadLocation is { } head && !view.Deleted ? BeginOf(state, view, head) : new FrameLocation(ulong.MaxValue);
        }
        catch (LogCorruptException e)
        {
            Damaged(e);
            return null;
        }
    }

    private FrameLocation BeginOf(StreamState state, in StreamView view, FrameLocation head)
    {
        // A state record at the first kept event needs nothing before it. Nearly all state records are this case.
        if (view.CheckpointLocation is { } newest
            && view.CheckpointSequence == view.First
            && _reader.ReadHeader(newest, state.Hash).Kind == LogRecordKind.State)
            return newest;
        FrameLocation begin = view.First <= view.Head
            ? Earlier(head, new StreamWalk(state, view, _reader).Seek(view.First))
            : head;
        return view.First == new Sequence(1) ? BeginOfStream(begin, state.Hash) : Earlier(begin, BeginOfCheckpoints(view, state.Hash));
    }

    /// <summary>Returns the first frame of a stream that was not truncated.</summary>
    private FrameLocation BeginOfStream(FrameLocation location, ulong streamHash)
    {
        while (_reader.ReadHeader(location, streamHash).Previous is { } previous)
            location = previous;
        return location;
    }

    /// <summary>Returns the earliest checkpoint that the kept events can build on.</summary>
    private FrameLocation? BeginOfCheckpoints(in StreamView view, ulong streamHash)
    {
        FrameLocation? begin = null;
        for (FrameLocation? anchor = view.Anchor; anchor is { } location && _reader.TryReadHeader(location, streamHash, out FrameHeader header); anchor = header.Anchor)
        {
            if (header.Kind is not (LogRecordKind.Checkpoint or LogRecordKind.State))
                continue;
            if (header.Sequence.Next < view.First)
                break;
            begin = location;
            // A checkpoint right before the first kept event needs nothing older, nor does a state record at that event.
            if (header.Sequence.Next == view.First || (header.Kind == LogRecordKind.State && header.Sequence == view.First))
                break;
        }

        return begin;
    }

    private static FrameLocation Earlier(FrameLocation left, FrameLocation? right)
        => right is { } r && r.CompareTo(left) < 0 ? r : left;

    /// <summary>A stream as of the first query for it.</summary>
    private sealed class KnownStream(byte[] idBytes, FrameLocation? begin, KnownStream? sameHash)
    {
        public byte[] IdBytes => idBytes;

        /// <summary>Where its live frames begin; null if all frames are to be kept.</summary>
        public FrameLocation? Begin => begin;

        public KnownStream? SameHash => sameHash;
    }
}
