namespace Actors.Wal.Segments;

/// <summary>The readable segments, in order of their numbers. The commit path adds them, compaction replaces them, readers look them up.</summary>
internal sealed class SegmentSet : IDisposable
{
    private readonly object _gate = new();
    private readonly OpenSegmentFiles _files = new(OpenSegmentFiles.Most);
    private Segment[] _segments = [];

    public IReadOnlyList<Segment> All => Volatile.Read(ref _segments);

    /// <summary>The damage that was found in them, and elsewhere in the store.</summary>
    public FoundDamage Damage { get; } = new();

    public void Add(Segment segment)
    {
        segment.OpenFiles = _files;
        lock (_gate)
            Volatile.Write(ref _segments, [.. _segments, segment]);
    }

    /// <summary>Replaces segments by a cold segment, and disposes them. Their readers then look up the cold segment.</summary>
    public void Replace(Segment cold)
    {
        Segment[] replaced;
        cold.OpenFiles = _files;
        lock (_gate)
        {
            replaced = [.. _segments.Where(s => s.First >= cold.First && s.Last <= cold.Last)];
            Volatile.Write(ref _segments, [.. _segments.Where(s => s.Last < cold.First), cold, .. _segments.Where(s => s.First > cold.Last)]);
        }

        foreach (Segment segment in replaced)
            segment.Dispose();
    }

    /// <summary>Returns the segment that contains a segment number; null when there is none.</summary>
    public Segment? Find(uint number)
    {
        Segment[] segments = Volatile.Read(ref _segments);
        int low = 0;
        int high = segments.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (segments[middle].Last < number)
                low = middle + 1;
            else if (segments[middle].First > number)
                high = middle - 1;
            else
                return segments[middle];
        }

        return null;
    }

    /// <summary>Returns the last segment whose first LSN is at most <paramref name="lsn"/>; the first one when all begin later.</summary>
    public Segment FindByLsn(Lsn lsn)
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

        return segments[low];
    }

    /// <summary>Returns the segment after another; null after the last one.</summary>
    public Segment? After(Segment segment) => Find(segment.Last + 1);

    public void Dispose()
    {
        foreach (Segment segment in _segments)
            segment.Dispose();
    }
}
