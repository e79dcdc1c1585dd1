using System.Runtime.CompilerServices;
using Actors.Wal.Cold;
using Actors.Wal.Commit;
using Actors.Wal.Format;
using Actors.Wal.Segments;

namespace Actors.Wal.Reading;

/// <summary>
/// Follows the log in LSN order: what was acknowledged, then what comes, batch by batch from the segment files. What
/// compaction has dropped is not given.
/// </summary>
internal sealed class ChangeFeed(SegmentSet segments, Publication publication, ulong storeSeed, CancellationToken closed)
{
    public async IAsyncEnumerable<LogRecord> FollowAsync(Lsn from, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (from < new Lsn(1))
            from = new Lsn(1);
        Lsn seen = new(from.Value - 1);
        // Where reading goes on in the segment that was read last.
        Segment? last = null;
        long offset = Layout.FirstBatchOffsetBytes;
        while (!closed.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Lsn published = publication.Published;
            while (seen < published)
            {
                Segment segment = segments.FindByLsn(seen.Next);
                if (segment != last)
                    offset = Layout.FirstBatchOffsetBytes;
                last = segment;
                if (segment is ColdSegment cold)
                {
                    var frames = new ColdScanner(cold, storeSeed);
                    while (Alive(cold, frames.MoveNext))
                    {
                        if (frames.Current.Lsn <= seen)
                            continue;
                        yield return RecordOf(frames.Current, frames.Bytes, cold, cold.OffsetOf(frames.Block), seen);
                        seen = frames.Current.Lsn;
                    }

                    if (!cold.IsDisposed)
                        seen = new Lsn(Math.Max(seen.Value, cold.Header.End.LastLsn.Value));
                    continue;
                }

                bool moved = false;
                BatchScanner? scanner = Alive(segment, () => new BatchScanner(segment.File, segment.First, storeSeed, segment.LengthBytes) { OffsetBytes = offset });
                while (seen < published && scanner is not null && Alive(segment, scanner.Next) is { } batch)
                {
                    offset = scanner.OffsetBytes;
                    if (batch.Header.LastLsn <= seen)
                        continue;
                    foreach (LogRecord record in RecordsOf(segment, batch, seen))
                        yield return record;
                    seen = batch.Header.LastLsn;
                    moved = true;
                }

                if (!moved && !segment.IsDisposed && segments.FindByLsn(seen.Next) == segment)
                    throw new LogCorruptException($"The record after LSN {seen} was acknowledged and does not validate.", segment.Path, offset, seen);
            }

            await publication.WaitAfter(seen).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads from a segment; nothing more once a cold one was put in its place.</summary>
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
        StreamId stream = Records.StreamOf(frame, bytes)
            ?? throw new LogCorruptException("A frame's stream id is no name.", segment.Path, offset, after);
        return Records.Of(frame, bytes, stream);
    }
}
