using Actors.Wal.Cold;
using Actors.Wal.Segments;

namespace Actors.Wal.Compaction;

/// <summary>
/// Chooses the segments to compact by cost and benefit: the dead bytes in relation to the bytes copied, weighted with the segment's
/// age, because old data tends to stay live. (The cost-benefit rule of the log-structured file system.)
/// </summary>
internal static class CompactionPlan
{
    // A segment with a greater live share is not compacted, however old it is.
    private const double MostLive = 0.9;

    // Neighbours with at most this live share are compacted together with the chosen segment, into one cold segment.
    private const double MostLiveNeighbour = 0.5;

    // Compaction stops at this fraction of the dead share that it starts at.
    private const double Slack = 0.9;

    // Cold segments of at most 1/SmallShare of a segment are merged when at least SmallInARow of them are adjacent.
    private const int SmallInARow = 4;
    private const int SmallShare = 8;

    /// <summary>Chooses the segments to compact next.</summary>
    /// <param name="candidates">Sealed segments in the order of the log, with the share of their bytes that is live.</param>
    /// <param name="maxDeadShare">The share of all bytes that may be dead.</param>
    /// <param name="segmentBytes">The largest size of a cold segment.</param>
    /// <param name="now">The LSN of the last record.</param>
    /// <returns>Adjacent segments; none when compaction is not worthwhile.</returns>
    public static IReadOnlyList<Segment> Choose(IReadOnlyList<Candidate> candidates, double maxDeadShare, long segmentBytes, Lsn now)
    {
        double total = candidates.Sum(c => (double)c.Segment.LengthBytes);
        double surplus = candidates.Sum(c => c.DeadBytes) - (maxDeadShare * total);
        if (surplus <= 0)
            return SmallOnes(candidates, segmentBytes);

        int best = -1;
        double bestScore = 0;
        for (int i = 0; i < candidates.Count; i++)
        {
            double score = ScoreOf(candidates[i], now);
            if (candidates[i].LiveShare <= MostLive && score > bestScore)
                (best, bestScore) = (i, score);
        }

        return best < 0 ? SmallOnes(candidates, segmentBytes) : Grow(candidates, best, surplus + ((1 - Slack) * maxDeadShare * total), segmentBytes);
    }

    private static double ScoreOf(in Candidate candidate, Lsn now)
    {
        double age = Math.Max(1, now.Value - candidate.Segment.FirstLsn.Value);
        return (1 - candidate.LiveShare) * age / (1 + candidate.LiveShare);
    }

    private static List<Segment> Grow(IReadOnlyList<Candidate> candidates, int victim, double wanted, long segmentBytes)
    {
        int first = victim;
        int last = victim;
        double live = candidates[victim].LiveBytes;
        double won = candidates[victim].DeadBytes;
        while (won < wanted)
        {
            int next = Better(candidates, first - 1, last + 1);
            if (next < 0 || live + candidates[next].LiveBytes > segmentBytes)
                break;
            live += candidates[next].LiveBytes;
            won += candidates[next].DeadBytes;
            first = Math.Min(first, next);
            last = Math.Max(last, next);
        }

        return [.. candidates.Skip(first).Take(last - first + 1).Select(c => c.Segment)];
    }

    /// <summary>Returns the neighbour with the smaller live share; -1 when neither is worth compacting.</summary>
    private static int Better(IReadOnlyList<Candidate> candidates, int before, int behind)
    {
        double left = before >= 0 ? candidates[before].LiveShare : 1;
        double right = behind < candidates.Count ? candidates[behind].LiveShare : 1;
        int better = left <= right ? before : behind;
        return Math.Min(left, right) <= MostLiveNeighbour ? better : -1;
    }

    private static List<Segment> SmallOnes(IReadOnlyList<Candidate> candidates, long segmentBytes)
    {
        var row = new List<Segment>();
        long bytes = 0;
        foreach (Candidate candidate in candidates)
        {
            if (candidate is { Segment: ColdSegment cold, IsDamaged: false } && cold.LengthBytes <= segmentBytes / SmallShare && bytes + cold.LengthBytes <= segmentBytes)
            {
                row.Add(cold);
                bytes += cold.LengthBytes;
                continue;
            }

            if (row.Count >= SmallInARow)
                return row;
            row.Clear();
            bytes = 0;
        }

        return row.Count >= SmallInARow ? row : [];
    }
}

/// <summary>A segment that may be compacted, with the estimated live share of its bytes. A damaged segment stays and counts as live.</summary>
internal readonly record struct Candidate(Segment Segment, double LiveShare, bool IsDamaged = false)
{
    public double LiveBytes => LiveShare * Segment.LengthBytes;

    public double DeadBytes => Segment.LengthBytes - LiveBytes;
}
