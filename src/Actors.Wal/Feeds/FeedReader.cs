using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Reading;
using Actors.Wal.Segments;

namespace Actors.Wal.Feeds;

/// <summary>
/// A reader's place in the log, and the records behind it in LSN order, batch by batch from the segment files. Records that compaction
/// dropped are left out. For one caller at a time.
/// </summary>
/// <param name="segments">The log.</param>
/// <param name="storeSeed">Seeds the checksums.</param>
/// <param name="seen">The LSN of the last record that the reader has seen.</param>
/// <param name="closed">Ends the reading when the store closes.</param>
internal sealed class FeedReader(SegmentSet segments, ulong storeSeed, Lsn seen, CancellationToken closed)
{
    private readonly byte[] _header = new byte[BatchHeader.SizeBytes];
    private Segment? _segment;

    // The offset of the next batch in the segment.
    private long _offsetBytes;

    /// <summary>The LSN of the last record that was read or left out.</summary>
    public Lsn Seen { get; private set; } = seen;

    /// <summary>Reads the records behind the place, up to an LSN that is in the log.</summary>
    public IEnumerable<LogRecord> Read(Lsn last)
    {
        while (Seen < last && !closed.IsCancellationRequested)
        {
            Segment segment = Enter();
            foreach (LogRecord record in segment is ColdSegment cold ? ReadCold(cold) : ReadBatches(segment, last))
                yield return record;
        }
    }

    /// <summary>
    /// Moves the place forward to an LSN that is in the log. Of the batches in between only the headers are read, so that a reader who
    /// can't keep up costs little.
    /// </summary>
    public void SkipTo(Lsn seen)
    {
        if (seen <= Seen)
            return;
        Seen = seen;
        if (Enter() is not LogSegment log)
            return;
        Alive(log, () =>
        {
            while (_offsetBytes + BatchHeader.SizeBytes <= log.LengthBytes
                && log.File.Read(_header, _offsetBytes) == _header.Length
                && BatchHeader.Read(_header, storeSeed, new FrameLocation(log.First, _offsetBytes), out ulong _) is { } header
                && header.LastLsn <= seen)
                _offsetBytes = Layout.AlignSector(_offsetBytes + BatchHeader.SizeBytes + header.BodyBytes);
            return true;
        });
    }

    private Segment Enter()
    {
        Segment segment = segments.FindByLsn(Seen.Next);
        if (segment != _segment)
            _offsetBytes = Layout.FirstBatchOffsetBytes;
        return _segment = segment;
    }

    private IEnumerable<LogRecord> ReadCold(ColdSegment cold)
    {
        var frames = new ColdScanner(cold, storeSeed);
        while (Alive(cold, frames.MoveNext))
        {
            if (frames.Current.Lsn <= Seen)
                continue;
            yield return RecordOf(frames.Current, frames.Bytes, cold, cold.OffsetOf(frames.Block), Seen);
            Seen = frames.Current.Lsn;
        }

        if (!cold.IsDisposed)
            Seen = new Lsn(Math.Max(Seen.Value, cold.Header.End.LastLsn.Value));
    }

    private IEnumerable<LogRecord> ReadBatches(Segment segment, Lsn last)
    {
        bool moved = false;
        BatchScanner? scanner = Alive(segment, () => new BatchScanner(segment.File, segment.First, storeSeed, segment.LengthBytes) { OffsetBytes = _offsetBytes });
        while (Seen < last && scanner is not null && Alive(segment, scanner.Next) is { } batch)
        {
            _offsetBytes = scanner.OffsetBytes;
            if (batch.Header.LastLsn <= Seen)
                continue;
            foreach (LogRecord record in RecordsOf(segment, batch, Seen))
                yield return record;
            Seen = batch.Header.LastLsn;
            moved = true;
        }

        if (!moved && !segment.IsDisposed && segments.FindByLsn(Seen.Next) == segment)
            throw new LogCorruptException($"The record after LSN {Seen} was acknowledged and does not validate.", segment.Path, _offsetBytes, Seen);
    }

    /// <summary>Reads from a segment; returns nothing once a cold segment replaced it, or the store was closed.</summary>
    private static T? Alive<T>(Segment segment, Func<T?> read)
    {
        try
        {
            return read();
        }
        catch (ObjectDisposedException) when (segment.IsDisposed)
        {
            return default;
        }
    }

    private static IEnumerable<LogRecord> RecordsOf(Segment segment, ScannedBatch batch, Lsn after)
    {
        FrameCursor frames = batch.Frames;
        while (frames.MoveNext())
        {
            if (frames.Current.Lsn > after)
                yield return RecordOf(frames.Current, frames.Bytes, segment, frames.Location.OffsetBytes, after);
        }
    }

    private static LogRecord RecordOf(in FrameHeader frame, ReadOnlyMemory<byte> bytes, Segment segment, long offset, Lsn after)
    {
        LogStreamId stream = Records.StreamOf(frame, bytes)
            ?? throw new LogCorruptException("A frame's stream id is no name.", segment.Path, offset, after);
        return Records.Of(frame, bytes, stream);
    }
}
