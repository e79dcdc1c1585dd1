namespace Actors.Wal.Salvage;

/// <summary>Consecutive records of the log that are missing.</summary>
/// <param name="first">The LSN of the first one.</param>
/// <param name="last">The LSN of the last one.</param>
/// <param name="records">Their number, or its upper limit.</param>
/// <param name="isExact">Whether the number is exact: in a cold segment not every LSN has a record.</param>
internal sealed class LostRange(Lsn first, Lsn last, long records, bool isExact)
{
    public Lsn First => first;

    public Lsn Last => last;

    public long Records => records;

    public bool IsExact => isExact;

    /// <summary>The number of them that are known from gaps in their streams.</summary>
    public long Explained { get; set; }

    /// <summary>Whether all of them are known from gaps, so that no other stream has lost a record here.</summary>
    public bool IsExplained => isExact && Explained >= records;
}

/// <summary>All missing records, in the order of the log.</summary>
/// <param name="ranges">The ranges of missing records.</param>
/// <param name="compacted">The LSNs among which compaction has dropped records, so that a gap in a stream proves no loss.</param>
internal sealed class LostRecords(IReadOnlyList<LostRange> ranges, IReadOnlyList<(Lsn Low, Lsn High)> compacted)
{
    public IReadOnlyList<LostRange> Ranges => ranges;

    /// <summary>Whether a record between two others was lost.</summary>
    public bool Any(Lsn after, Lsn before) => IndexAfter(after) is var i && i < ranges.Count && ranges[i].First < before;

    /// <summary>Notes that some of the records lost between two others were of one stream.</summary>
    public void Explain(Lsn after, Lsn before, long records)
    {
        int i = IndexAfter(after);
        bool isOne = i < ranges.Count && ranges[i].First < before && (i + 1 == ranges.Count || ranges[i + 1].First >= before);
        if (isOne && !compacted.Any(c => c.Low < before && c.High > after))
            ranges[i].Explained += records;
    }

    /// <summary>The last lost record that may be of any stream; zero when there is none.</summary>
    public Lsn LastUnexplained => ranges.LastOrDefault(r => !r.IsExplained)?.Last ?? Lsn.Zero;

    private int IndexAfter(Lsn lsn)
    {
        int low = 0;
        int high = ranges.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (ranges[middle].Last > lsn)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }
}
