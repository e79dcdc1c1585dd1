namespace Actors.Wal.Segments;

/// <summary>The segments that can be read, in order of their numbers. The commit path adds, readers look up.</summary>
internal sealed class SegmentSet : IDisposable
{
    private readonly Lock _gate = new();
    private Segment[] _segments = [];

    public IReadOnlyList<Segment> All => Volatile.Read(ref _segments);

    public void Add(Segment segment)
    {
        lock (_gate)
            Volatile.Write(ref _segments, [.. _segments, segment]);
    }

    /// <summary>The segment with a number; null when there is none.</summary>
    public Segment? Find(uint number)
    {
        Segment[] segments = Volatile.Read(ref _segments);
        if (segments.Length == 0 || number < segments[0].Number)
            return null;
        // Numbers have no gaps, so the position follows from the first one.
        long position = (long)number - segments[0].Number;
        return position < segments.Length ? segments[position] : null;
    }

    /// <summary>The position of the last segment whose first LSN is at most <paramref name="lsn"/>; 0 when all begin later.</summary>
    public int PositionOf(Lsn lsn)
    {
        Segment[] segments = Volatile.Read(ref _segments);
        int low = 0;
        int high = segments.Length - 1;
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

    public void Dispose()
    {
        foreach (Segment segment in _segments)
            segment.Dispose();
    }
}
