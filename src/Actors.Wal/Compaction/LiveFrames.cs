using Actors.Wal.Format;
using Actors.Wal.Reading;
using Actors.Wal.Segments;
using Actors.Wal.Streams;

namespace Actors.Wal.Compaction;

/// <summary>
/// Tells which frames somebody may still read. A stream's live frames are those from one location on: that of the first
/// event that it keeps, or of a checkpoint that this one builds on. What was live once and is dead now stays dead.
/// </summary>
internal sealed class LiveFrames(StreamTable streams, SegmentSet segments, ulong storeSeed)
{
    private readonly FrameReader _reader = new(segments, storeSeed);
    private readonly Dictionary<ulong, KnownStream> _known = [];

    /// <summary>Forgets what it knows: streams have gone on since.</summary>
    public void Forget() => _known.Clear();

    /// <summary>Whether somebody may still read a frame that was acknowledged.</summary>
    public bool IsLive(in FrameHeader frame, FrameLocation location, ReadOnlyMemory<byte> bytes)
    {
        KnownStream? stream = Find(frame.StreamHash, Records.IdOf(frame, bytes));
        // An id that is no name belongs to no stream that anybody can open; the frame stays, for whoever looks into the matter.
        if (stream is null)
            return true;
        StreamView view = stream.State.Published;
        if (view.HeadLocation is not { } head || view.Deleted)
            return false;
        if (location == head)
            return true;
        stream.Begin ??= BeginOf(stream.State, view, head);
        return location.CompareTo(stream.Begin.Value) >= 0;
    }

    private KnownStream? Find(ulong hash, ReadOnlyMemory<byte> id)
    {
        _known.TryGetValue(hash, out KnownStream? sameHash);
        for (KnownStream? known = sameHash; known is not null; known = known.SameHash)
        {
            if (id.Span.SequenceEqual(known.State.IdBytes))
                return known;
        }

        byte[] idBytes = id.ToArray();
        if (StreamId.FromBytes(idBytes) is not { } stream)
            return null;
        return _known[hash] = new KnownStream(streams.Peek(stream, idBytes, hash, _reader), sameHash);
    }

    private FrameLocation BeginOf(StreamState state, in StreamView view, FrameLocation head)
    {
        // A state that is the first event kept needs nothing before it; so it is with nearly all states.
        if (view.CheckpointLocation is { } newest
            && view.CheckpointSequence == view.First
            && _reader.ReadHeader(newest).Kind == LogRecordKind.State)
            return newest;
        FrameLocation begin = view.First <= view.Head
            ? Earlier(head, new StreamHistory(state, view, _reader).Seek(view.First))
            : head;
        return view.First == new Sequence(1) ? BeginOfStream(begin) : Earlier(begin, BeginOfCheckpoints(view));
    }

    /// <summary>The frame that a stream began with: nothing was dropped from it.</summary>
    private FrameLocation BeginOfStream(FrameLocation location)
    {
        while (_reader.ReadHeader(location).Previous is { } previous)
            location = previous;
        return location;
    }

    /// <summary>The earliest checkpoint that the events which are kept can be built on.</summary>
    private FrameLocation? BeginOfCheckpoints(in StreamView view)
    {
        FrameLocation? begin = null;
        for (FrameLocation? anchor = view.Anchor; anchor is { } location && _reader.TryReadHeader(location, out FrameHeader header); anchor = header.Anchor)
        {
            if (header.Kind is not (LogRecordKind.Checkpoint or LogRecordKind.State))
                continue;
            if (header.Sequence.Next < view.First)
                break;
            begin = location;
            // What stands at the first kept event, or right before it, needs nothing older.
            if (header.Sequence.Next == view.First || (header.Kind == LogRecordKind.State && header.Sequence == view.First))
                break;
        }

        return begin;
    }

    private static FrameLocation Earlier(FrameLocation left, FrameLocation? right)
        => right is { } r && r.CompareTo(left) < 0 ? r : left;

    private sealed class KnownStream(StreamState state, KnownStream? sameHash)
    {
        /// <summary>The stream as it stood when it was first asked for.</summary>
        public StreamState State => state;

        public KnownStream? SameHash => sameHash;

        /// <summary>Where its live frames begin, once somebody asked.</summary>
        public FrameLocation? Begin { get; set; }
    }
}
