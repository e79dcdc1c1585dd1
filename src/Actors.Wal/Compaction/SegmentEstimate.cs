using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Reading;
using Actors.Wal.Segments;

namespace Actors.Wal.Compaction;

/// <summary>
/// Estimates the live share of a segment's bytes from a sample of its frames. Every append changes which frames are live, and to
/// keep count of that all the time would cost more than to sample now and then.
/// </summary>
internal sealed class SegmentEstimate(LiveFrames live, ulong storeSeed)
{
    // With this many samples the estimate is nearly always right within 9 percent.
    private const int Samples = 128;
    private const int WindowBytes = 4 * 1024;
    private const int LargeWindowBytes = 256 * 1024;

    // A segment up to this length is read as a whole.
    private const int WholeBytes = 256 * 1024;

    private readonly ColdBlock _block = new(storeSeed);
    private byte[] _window = [];

    /// <summary>The share of live bytes, 0 to 1.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="seed">Selects the frames. Another seed selects others.</param>
    /// <exception cref="LogCorruptException">The segment does not validate.</exception>
    public double ShareOf(Segment segment, int seed)
    {
        var tally = new Tally();
        if (segment is ColdSegment cold)
            Sample(cold, new Random(seed), ref tally);
        else if (segment.LengthBytes <= WholeBytes)
            ReadAll(segment, ref tally);
        else
            Sample(segment, new Random(seed), ref tally);
        // A segment without frames is only a header. If it is a cold one already, there is nothing left to free.
        return tally.All == 0 ? (segment is ColdSegment ? 1 : 0) : (double)tally.Live / tally.All;
    }

    /// <summary>Returns the bytes of the live frames and of all frames. Reads every frame.</summary>
    public (long Live, long All) CountOf(Segment segment, Action<FrameHeader>? each = null)
    {
        var tally = new Tally { Each = each };
        if (segment is ColdSegment cold)
            ReadAll(cold, ref tally);
        else
            ReadAll(segment, ref tally);
        return (tally.Live, tally.All);
    }

    private void ReadAll(ColdSegment segment, ref Tally tally)
    {
        var frames = new ColdScanner(segment, storeSeed);
        while (frames.MoveNext())
            Count(frames.Current, frames.Location, frames.Bytes, ref tally);
    }

    private void ReadAll(Segment segment, ref Tally tally)
    {
        var scanner = new BatchScanner(segment.File, segment.First, storeSeed, segment.LengthBytes);
        while (scanner.Next() is { } batch)
        {
            FrameCursor frames = batch.Frames;
            while (frames.MoveNext())
                Count(frames.Current, frames.Location, frames.Bytes, ref tally);
        }
    }

    private void Sample(ColdSegment segment, Random random, ref Tally tally)
    {
        for (int i = 0; i < Samples && segment.BlockCount > 0; i++)
        {
            int index = random.Next(segment.BlockCount);
            if (_block.Segment != segment || _block.Index != index)
                _block.Load(segment, index);
            int frame = random.Next(_block.Count);
            ReadOnlyMemory<byte> bytes = _block.FrameAt(frame);
            if (FrameHeader.TryRead(bytes.Span, out FrameHeader header))
                Count(header, _block.LocationAt(frame), bytes, ref tally);
        }
    }

    private void Sample(Segment segment, Random random, ref Tally tally)
    {
        long end = segment.LengthBytes; // no frame begins behind it
        for (int i = 0; i < Samples && end > Layout.FirstBatchOffsetBytes; i++)
        {
            long offset = random.NextInt64(Layout.FirstBatchOffsetBytes, segment.LengthBytes) / Layout.FrameAlignmentBytes * Layout.FrameAlignmentBytes;
            if (offset < end && FindFrame(segment, offset, end) is { } found)
                Count(found.Header, found.Location, found.Bytes, ref tally);
            else
                end = Math.Min(end, offset);
        }
    }

    /// <summary>Finds the first frame at or behind an offset and before an end. It is recognized by its checksum for that place.</summary>
    private (FrameHeader Header, FrameLocation Location, ReadOnlyMemory<byte> Bytes)? FindFrame(Segment segment, long offset, long end)
    {
        int window = WindowBytes;
        while (offset < end)
        {
            int count = Read(segment, offset, window);
            window = Math.Min(window * 2, LargeWindowBytes);
            for (int at = 0; at + FrameHeader.SizeBytes <= count; at += Layout.FrameAlignmentBytes)
            {
                var location = new FrameLocation(segment.First, offset + at);
                if (!FrameHeader.TryRead(_window.AsSpan(at, count - at), out FrameHeader header)
                    || header.LengthBytes > segment.LengthBytes - location.OffsetBytes
                    || !header.LeadsBack(location))
                    continue;
                if (header.LengthBytes > count - at)
                {
                    count = Read(segment, location.OffsetBytes, header.LengthBytes);
                    offset = location.OffsetBytes;
                    at = 0;
                }

                if (count - at >= header.LengthBytes && FrameHeader.IsSealed(_window.AsSpan(at, header.LengthBytes), storeSeed, location))
                    return (header, location, _window.AsMemory(at, header.LengthBytes));
            }

            offset += Math.Max(Layout.FrameAlignmentBytes, count / Layout.FrameAlignmentBytes * Layout.FrameAlignmentBytes - FrameHeader.SizeBytes);
        }

        return null;
    }

    private int Read(Segment segment, long offset, int count)
    {
        int size = (int)Math.Min(count, segment.LengthBytes - offset);
        if (_window.Length < size)
            _window = GC.AllocateUninitializedArray<byte>(size);
        return segment.File.Read(_window.AsSpan(0, size), offset);
    }

    private void Count(in FrameHeader frame, FrameLocation location, ReadOnlyMemory<byte> bytes, ref Tally tally)
    {
        tally.Each?.Invoke(frame);
        tally.All += frame.PaddedBytes;
        if (live.IsLive(frame, location, bytes))
            tally.Live += frame.PaddedBytes;
    }

    private struct Tally
    {
        public long All;
        public long Live;
        public Action<FrameHeader>? Each;
    }
}
