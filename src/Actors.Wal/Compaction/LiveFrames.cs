using Actors.Wal.Commit;
using Actors.Wal.Format;
using Actors.Wal.Reading;
using Actors.Wal.Segments;
using Actors.Wal.Streams;

namespace Actors.Wal.Compaction;

/// <summary>
/// Tells which frames somebody may still read. A stream's live frames are those from one location on: that of the first
/// event that it keeps, or of a checkpoint that this one builds on. What was live once and is dead now stays dead.
/// </summary>
internal sealed class LiveFrames(StreamTable streams, Publication publication, SegmentSet segments, ulong storeSeed)
{
    private readonly FrameReader _reader = new(segments, storeSeed);
    private readonly Dictionary<ulong, KnownStream> _known = [];

    /// <summary>Forgets what it knows: streams have gone on since.</summary>
    public void Forget() => _known.Clear();

    /// <summary>Whether somebody may still read a frame that was acknowledged.</summary>
    public bool IsLive(in FrameHeader frame, FrameLocation location, ReadOnlyMemory<byte> bytes)
        => BeginOf(frame.StreamHash, Records.IdOf(frame, bytes)) is { } begin && location.CompareTo(begin) >= 0;

    private FrameLocation? BeginOf(ulong hash, ReadOnlyMemory<byte> id)
    {
        for (KnownStream? known = _known.GetValueOrDefault(hash); known is not null; known = known.SameHash)
        {
            if (id.Span.SequenceEqual(known.Id))
                return known.Begin;
        }

        byte[] idBytes = id.ToArray();
        // An id that is no name belongs to no stream that anybody can open; it stays, for whoever looks into the matter.
        FrameLocation? begin = StreamId.FromBytes(idBytes) is { } stream ? BeginOf(stream, idBytes, hash) : default(FrameLocation);
        _known[hash] = new KnownStream(idBytes, begin, _known.GetValueOrDefault(hash));
        return begin;
    }

    private FrameLocation? BeginOf(StreamId stream, byte[] idBytes, ulong hash)
    {
        StreamState state = streams.Peek(stream, idBytes, hash, _reader);
        StreamView view = publication.ViewOf(state);
        if (view.HeadLocation is not { } begin || view.Deleted)
            return null;
        if (view.First <= view.Head)
            begin = Earlier(begin, new StreamHistory(state, view, _reader).Seek(view.First));
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
        }

        return begin;
    }

    private static FrameLocation Earlier(FrameLocation left, FrameLocation? right)
        => right is { } r && r.CompareTo(left) < 0 ? r : left;

    private sealed record KnownStream(byte[] Id, FrameLocation? Begin, KnownStream? SameHash);
}
