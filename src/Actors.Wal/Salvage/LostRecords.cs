namespace Actors.Wal.Salvage;

/// <summary>Records that follow each other in the log and are not there.</summary>
/// <param name="first">The first one's LSN.</param>
/// <param name="last">The last one's.</param>
/// <param name="records">How many they are, or at most are.</param>
/// <param name="isExact">Whether their number is known: in a cold segment not every LSN has a record.</param>
internal sealed class LostRange(Lsn first, Lsn last, long records, bool isExact)
{
    public Lsn First => first;

    public Lsn Last => last;

    public long Records => records;

    public bool IsExact => isExact;

    /// <summary>How many of them are known by the gaps that they left in their streams.</summary>
    public long Explained { get; set; }

    /// <summary>Whether all of them are: then no other stream has lost one here.</summary>
    public bool IsExplained => isExact && Explained >= records;
}

/// <summary>All records that are not there, in the order of the log.</summary>
/// <param name="ranges">They.</param>
/// <param name="compacted">Where compaction has dropped records, so that a gap in a stream is no proof of a loss.</param>
internal sealed class LostRecords(IReadOnlyList<LostRange> ranges, IReadOnlyList<(Lsn Low, Lsn High)> compacted)
{
    public IReadOnlyList<LostRange> Ranges => ranges;

    /// <summary>Whether a record between two others was lost.</summary>
    public bool Any(Lsn after, Lsn before) => IndexAfter(after) is var i && i < ranges.Count && ranges[i].First < before;

    /// <summary>Takes note that so many records between two others were of one stream.</summary>
    public void Explain(Lsn after, Lsn before, long records)
    {
        int i = IndexAfter(after);
        bool isOne = i < ranges.Count && ranges[i].First < before && (i + 1 == ranges.Count || ranges[i + 1].First >= before);
        if (isOne && !compacted.Any(c => c.Low < before && c.High > after))
            ranges[i].Explained += records;
    }

    /// <summary>The last record that may have been of any stream; zero when there is none.</summary>
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
