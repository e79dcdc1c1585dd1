using System.Runtime.CompilerServices;
using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Reading;
using Actors.Wal.Segments;
using Actors.Wal.Streams;

namespace Actors.Wal.Local;

/// <summary>
/// Reads the log in LSN order, batch by batch from the segment files: all durable records, then each new one once it is durable. No
/// loss of power removes a record that was given, so an LSN never names two records. Records that compaction dropped are left out.
/// </summary>
/// <param name="segments">The log.</param>
/// <param name="publication">The end of the log.</param>
/// <param name="storeSeed">Seeds the checksums.</param>
/// <param name="requestFlush">Called when acknowledged records are not durable, because their sync policy may not flush them.</param>
/// <param name="closed">Cancelled when the store closes.</param>
internal sealed class ChangeFeed(SegmentSet segments, Publication publication, ulong storeSeed, Action requestFlush, CancellationToken closed)
{
    public async IAsyncEnumerable<LogRecord> FollowAsync(Lsn from, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var place = new Place { Seen = new Lsn(Math.Max(from.Value, 1) - 1) };
        while (!closed.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            LogEnd end = publication.End;
            foreach (LogRecord record in Read(place, end.Durable))
            {
                yield return record;
                cancellationToken.ThrowIfCancellationRequested();
                if (closed.IsCancellationRequested)
                    yield break;
            }

            if (end.Durable < end.Published)
                requestFlush();
            await publication.WaitForChange(end).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads the records after a place, up to an LSN.</summary>
    private IEnumerable<LogRecord> Read(Place place, Lsn last)
    {
        while (place.Seen < last && !closed.IsCancellationRequested)
        {
            Segment segment = segments.FindByLsn(place.Seen.Next);
            place.Enter(segment);
            foreach (LogRecord record in segment is ColdSegment cold ? ReadCold(cold, place) : ReadBatches(segment, place, last))
                yield return record;
        }
    }

    private IEnumerable<LogRecord> ReadCold(ColdSegment cold, Place place)
    {
        var frames = new ColdScanner(cold, storeSeed);
        while (Alive(cold, frames.MoveNext))
        {
            if (frames.Current.Lsn <= place.Seen)
                continue;
            yield return RecordOf(frames.Current, frames.Bytes, cold, cold.OffsetOf(frames.Block), place.Seen);
            place.Seen = frames.Current.Lsn;
        }

        if (!cold.IsDisposed)
            place.Seen = new Lsn(Math.Max(place.Seen.Value, cold.Header.End.LastLsn.Value));
    }

    private IEnumerable<LogRecord> ReadBatches(Segment segment, Place place, Lsn last)
    {
        bool moved = false;
        BatchScanner? scanner = Alive(segment, () => new BatchScanner(segment.File, segment.First, storeSeed, segment.LengthBytes) { OffsetBytes = place.OffsetBytes });
        while (place.Seen < last && scanner is not null && Alive(segment, scanner.Next) is { } batch)
        {
            place.OffsetBytes = scanner.OffsetBytes;
            if (batch.Header.LastLsn <= place.Seen)
                continue;
            foreach (LogRecord record in RecordsOf(segment, batch, place.Seen))
                yield return record;
            place.Seen = batch.Header.LastLsn;
            moved = true;
        }

        if (!moved && !segment.IsDisposed && segments.FindByLsn(place.Seen.Next) == segment)
            throw new LogCorruptException($"The record after LSN {place.Seen} was acknowledged and does not validate.", segment.Path, place.OffsetBytes, place.Seen);
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

    /// <summary>A follower's place in the log.</summary>
    private sealed class Place
    {
        private Segment? _segment;

        public Lsn Seen { get; set; }

        /// <summary>The offset of the next batch in the segment.</summary>
        public long OffsetBytes { get; set; }

        public void Enter(Segment segment)
        {
            if (segment != _segment)
                OffsetBytes = Layout.FirstBatchOffsetBytes;
            _segment = segment;
        }
    }
}
