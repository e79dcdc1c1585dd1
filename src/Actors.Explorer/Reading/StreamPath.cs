using Actors.Explorer.Stores;
using Actors.Wal;

namespace Actors.Explorer.Reading;

/// <summary>
/// Finds the segments that a stream's events are in. LSNs grow with sequences, so only the events at the ends of ranges are read: a range
/// whose ends are in one segment is in it as a whole.
/// </summary>
internal sealed class StreamPath(IStreamReader reader, LogStreamId id, IReadOnlyList<SegmentTile> segments)
{
    private readonly SortedDictionary<int, (long First, long Last)> _uses = [];

    public async ValueTask<IReadOnlyList<SegmentUse>> FindAsync(CancellationToken cancellationToken)
    {
        if (segments.Count == 0 || await reader.FindAsync(id, cancellationToken).ConfigureAwait(false) is not { } stream || stream.Head < stream.First)
            return [];
        int first = await SegmentOfAsync(stream.First.Value, cancellationToken).ConfigureAwait(false);
        int last = await SegmentOfAsync(stream.Head.Value, cancellationToken).ConfigureAwait(false);
        await AddAsync(stream.First.Value, first, stream.Head.Value, last, cancellationToken).ConfigureAwait(false);
        return [.. _uses.Select(u => new SegmentUse(segments[u.Key].First, u.Value.Last - u.Value.First + 1, u.Value.First, u.Value.Last))];
    }

    private async ValueTask AddAsync(long from, int fromSegment, long to, int toSegment, CancellationToken cancellationToken)
    {
        if (fromSegment == toSegment)
        {
            Add(fromSegment, from, to);
        }
        else if (to - from == 1)
        {
            Add(fromSegment, from, from);
            Add(toSegment, to, to);
        }
        else
        {
            long middle = from + (to - from) / 2;
            int segment = await SegmentOfAsync(middle, cancellationToken).ConfigureAwait(false);
            await AddAsync(from, fromSegment, middle, segment, cancellationToken).ConfigureAwait(false);
            await AddAsync(middle, segment, to, toSegment, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Add(int segment, long from, long to)
        => _uses[segment] = _uses.TryGetValue(segment, out (long First, long Last) use) ? (Math.Min(use.First, from), Math.Max(use.Last, to)) : (from, to);

    private async ValueTask<int> SegmentOfAsync(long sequence, CancellationToken cancellationToken)
    {
        IReadOnlyList<long> lsns = await reader.ReadRowsAsync(id, sequence, sequence, static r => r.Lsn.Value, cancellationToken).ConfigureAwait(false);
        long lsn = lsns is [var one] ? one : long.MaxValue;
        int low = 0;
        int high = segments.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (segments[middle].FirstLsn <= lsn)
                low = middle;
            else
                high = middle - 1;
        }

        return low;
    }
}
