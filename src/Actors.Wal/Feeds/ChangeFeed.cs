using System.Runtime.CompilerServices;
using Actors.Wal.Segments;
using Actors.Wal.Streams;

namespace Actors.Wal.Feeds;

/// <summary>
/// Gives all durable records in LSN order, then each new one once it is durable. No loss of power removes a record that was given, so an
/// LSN never names two records.
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
        var reader = new FeedReader(segments, storeSeed, new Lsn(Math.Max(from.Value, 1) - 1), closed);
        while (!closed.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            LogEnd end = publication.End;
            foreach (LogRecord record in reader.Read(end.Durable))
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
}
