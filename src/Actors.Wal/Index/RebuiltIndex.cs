using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Reading;
using Actors.Wal.Segments;

namespace Actors.Wal.Index;

/// <summary>
/// Fills an index from a log whose cold segments have gaps. If compaction has dropped the previous frame of a frame, the stream is
/// found by its id instead. That is safe because a stream's deletion is dropped no sooner than all frames before it.
/// </summary>
internal sealed class RebuiltIndex(StreamIndex index, SegmentSet segments, ulong storeSeed) : IFrameSink
{
    private readonly FrameReader _reader = new(segments, storeSeed);

    public bool Apply(in FrameHeader frame, FrameLocation location, ReadOnlyMemory<byte> bytes)
        => index.Apply(frame, location, bytes) || (frame.Previous is { } previous && WasDropped(previous) && Bridge(frame, location, bytes));

    private bool WasDropped(FrameLocation location)
        => segments.Find(location.Segment) is ColdSegment && !_reader.Exists(location);

    private bool Bridge(in FrameHeader frame, FrameLocation location, ReadOnlyMemory<byte> bytes)
    {
        ReadOnlyMemory<byte> id = Records.IdOf(frame, bytes);
        foreach (FrameLocation head in index.Find(frame.StreamHash))
        {
            ReadOnlyMemory<byte> other = _reader.Read(head, out FrameHeader header);
            if (!Records.IdOf(header, other).Span.SequenceEqual(id.Span))
                continue;
            return frame.Kind == LogRecordKind.Deletion
                ? index.Remove(frame.StreamHash, head)
                : index.Replace(frame.StreamHash, head, location);
        }

        if (frame.Kind != LogRecordKind.Deletion)
            index.Add(frame.StreamHash, location);
        return true;
    }
}
