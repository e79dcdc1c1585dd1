using System.Runtime.CompilerServices;
using Actors.Wal.Commit;
using Actors.Wal.Format;
using Actors.Wal.Segments;

namespace Actors.Wal.Reading;

/// <summary>Follows the log in LSN order: what was acknowledged, then what comes, batch by batch from the segment files.</summary>
internal sealed class ChangeFeed(SegmentSet segments, Publication publication, ulong storeSeed, CancellationToken closed)
{
    public async IAsyncEnumerable<LogRecord> FollowAsync(Lsn from, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (from < new Lsn(1))
            from = new Lsn(1);
        Lsn seen = new(from.Value - 1);
        int position = segments.PositionOf(from);
        long offset = Layout.FirstBatchOffsetBytes;
        while (!closed.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Lsn published = publication.Published;
            while (seen < published)
            {
                Segment segment = segments.All[position];
                var scanner = new BatchScanner(segment.File, segment.Number, storeSeed, segment.LengthBytes) { OffsetBytes = offset };
                while (seen < published && scanner.Next() is { } batch)
                {
                    offset = scanner.OffsetBytes;
                    if (batch.Header.LastLsn <= seen)
                        continue;
                    foreach (LogRecord record in RecordsOf(segment, batch, seen))
                        yield return record;
                    seen = batch.Header.LastLsn;
                }

                if (seen >= published)
                    break;
                if (position + 1 >= segments.All.Count || !scanner.EndOfSegment)
                    throw new LogCorruptException($"The record after LSN {seen} was acknowledged and does not validate.", segment.Path, offset, seen);
                position++;
                offset = Layout.FirstBatchOffsetBytes;
            }

            await publication.WaitAfter(seen).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static IEnumerable<LogRecord> RecordsOf(Segment segment, ScannedBatch batch, Lsn after)
    {
        FrameCursor frames = batch.Frames;
        while (frames.MoveNext())
        {
            if (frames.Current.Lsn <= after)
                continue;
            StreamId stream = Records.StreamOf(frames.Current, frames.Bytes)
                ?? throw new LogCorruptException("A frame's stream id is no name.", segment.Path, frames.Location.OffsetBytes, after);
            yield return Records.Of(frames.Current, frames.Bytes, stream);
        }
    }
}
