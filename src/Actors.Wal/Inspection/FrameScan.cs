using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Reading;
using Actors.Wal.Segments;

namespace Actors.Wal.Inspection;

/// <summary>Reads all frames of a log in the order of their LSNs, validates them, and checks that no batch is missing.</summary>
internal sealed class FrameScan(ReadOnlyLog log)
{
    private readonly ulong _storeSeed = log.Manifest.StoreSeed;

    /// <summary>The frames; the bytes of each are valid until the next one.</summary>
    /// <exception cref="LogCorruptException">Something does not validate, or is missing.</exception>
    public IEnumerable<ScannedFrame> Frames()
    {
        IReadOnlyList<Segment> segments = log.Segments;
        for (int i = 0; i < segments.Count; i++)
        {
            Lsn last = i + 1 < segments.Count ? new Lsn(segments[i + 1].FirstLsn.Value - 1) : log.LastLsn;
            foreach (ScannedFrame frame in segments[i] is ColdSegment cold ? FramesOf(cold) : FramesOf(segments[i], last))
                yield return frame;
        }
    }

    private IEnumerable<ScannedFrame> FramesOf(ColdSegment segment)
    {
        var frames = new ColdScanner(segment, _storeSeed);
        while (frames.MoveNext())
            yield return new ScannedFrame(frames.Current, frames.Location, frames.Bytes, segment);
    }

    private IEnumerable<ScannedFrame> FramesOf(Segment segment, Lsn last)
    {
        var scanner = new BatchScanner(segment.File, segment.First, _storeSeed, segment.LengthBytes);
        Lsn seen = new(segment.FirstLsn.Value - 1);
        while (seen < last && scanner.Next() is { } batch)
        {
            if (batch.Header.FrameCount > 0 && batch.Header.FirstLsn != seen.Next)
                throw new LogCorruptException($"Records {seen.Next} to {batch.Header.FirstLsn.Value - 1} are missing.", segment.Path, batch.Location.OffsetBytes, seen);
            FrameCursor frames = batch.Frames;
            while (frames.MoveNext())
                yield return new ScannedFrame(frames.Current, frames.Location, frames.Bytes, segment);
            if (!frames.IsComplete)
                throw new LogCorruptException($"The frames of batch {batch.Header.Number} don't fill it as its header says.", segment.Path, batch.Location.OffsetBytes, seen);
            seen = batch.Header.LastLsn;
        }

        if (seen < last)
            throw new LogCorruptException($"The record after LSN {seen} was acknowledged and does not validate.", segment.Path, scanner.OffsetBytes, seen);
    }
}

/// <summary>A frame that was read from a log.</summary>
/// <param name="Header">Its fields.</param>
/// <param name="Location">The location at which it was first written.</param>
/// <param name="Bytes">The whole frame, header to payload.</param>
/// <param name="Segment">The segment that it is in.</param>
internal readonly record struct ScannedFrame(FrameHeader Header, FrameLocation Location, ReadOnlyMemory<byte> Bytes, Segment Segment);
