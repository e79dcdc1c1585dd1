using System.Runtime.ExceptionServices;
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

    /// <summary>Told of damage that keeps it from a decision; throws it unless something else is set.</summary>
    public Action<LogCorruptException> Damaged { get; init; } = static e => ExceptionDispatchInfo.Throw(e);

    /// <summary>Forgets what it knows: streams have gone on since.</summary>
    public void Forget() => _known.Clear();

    /// <summary>Whether somebody may still read a frame that was acknowledged. Where damage keeps it from deciding, all frames of the stream are live.</summary>
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

    /// <summary>Where a stream's live frames begin; behind all frames for a stream that is no more, null where that can't be told.</summary>
    private FrameLocation? BeginOf(ulong hash, byte[] idBytes)
    {
        // An id that is no name belongs to no stream that anybody can open; the frame stays, for whoever looks into the matter.
        if (StreamId.FromBytes(idBytes) is not { } id)
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
        // A state that is the first event kept needs nothing before it; so it is with nearly all states.
        if (view.CheckpointLocation is { } newest
            && view.CheckpointSequence == view.First
            && _reader.ReadHeader(newest, state.Hash).Kind == LogRecordKind.State)
            return newest;
        FrameLocation begin = view.First <= view.Head
            ? Earlier(head, new StreamHistory(state, view, _reader).Seek(view.First))
            : head;
        return view.First == new Sequence(1) ? BeginOfStream(begin, state.Hash) : Earlier(begin, BeginOfCheckpoints(view, state.Hash));
    }

    /// <summary>The frame that a stream began with: nothing was dropped from it.</summary>
    private FrameLocation BeginOfStream(FrameLocation location, ulong streamHash)
    {
        while (_reader.ReadHeader(location, streamHash).Previous is { } previous)
            location = previous;
        return location;
    }

    /// <summary>The earliest checkpoint that the events which are kept can be built on.</summary>
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
            // What stands at the first kept event, or right before it, needs nothing older.
            if (header.Sequence.Next == view.First || (header.Kind == LogRecordKind.State && header.Sequence == view.First))
                break;
        }

        return begin;
    }

    private static FrameLocation Earlier(FrameLocation left, FrameLocation? right)
        => right is { } r && r.CompareTo(left) < 0 ? r : left;

    /// <summary>A stream as it stood when it was first asked for.</summary>
    private sealed class KnownStream(byte[] idBytes, FrameLocation? begin, KnownStream? sameHash)
    {
        public byte[] IdBytes => idBytes;

        /// <summary>Where its live frames begin; null if all frames are to be kept.</summary>
        public FrameLocation? Begin => begin;

        public KnownStream? SameHash => sameHash;
    }
}
