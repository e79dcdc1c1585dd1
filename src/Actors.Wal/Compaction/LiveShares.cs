using Actors.Wal.Segments;
using Actors.Wal.Streams;

namespace Actors.Wal.Compaction;

/// <summary>Remembers the estimated live shares of the segments, and renews the estimates that are outdated.</summary>
internal sealed class LiveShares(LocalLogStoreOptions options, LogFiles files, LiveFrames live, Publication publication)
{
    // The live share of a segment is estimated this often while as many records are appended as the log has.
    private const int LooksPerTurn = 16;

    // The largest number of segments that are estimated in one step.
    private const int LooksPerStep = 16;

    private readonly Dictionary<Segment, Look> _looks = [];
    // Segments that don't validate. They stay as they are until the store is opened again.
    private readonly HashSet<Segment> _damaged = [];
    private volatile bool _stopping;

    public Candidate this[Segment segment] => IsDamaged(segment) ? new Candidate(segment, 1, IsDamaged: true) : new Candidate(segment, _looks[segment].LiveShare);

    public bool IsDamaged(Segment segment) => _damaged.Contains(segment);

    /// <summary>Notes that a segment does not validate.</summary>
    /// <returns>False if the damage is in no segment, or in one that is known to be damaged.</returns>
    public bool NoteDamage(LogCorruptException damage)
    {
        bool isNew = files.Segments.All.FirstOrDefault(s => s.Path == damage.File) is { } damaged && _damaged.Add(damaged);
        if (isNew)
            files.Segments.Damage.Note(damage);
        return isNew;
    }

    /// <summary>Notes that a segment has only live frames.</summary>
    public void NoteLive(Segment segment) => _looks[segment] = new Look(1, publication.Published.Value);

    /// <summary>Ends the estimation in progress.</summary>
    public void Stop() => _stopping = true;

    /// <summary>Estimates the live shares of the segments that were not estimated recently.</summary>
    /// <param name="segments">All segments that may be compacted.</param>
    /// <param name="renew">Whether all estimates from before the last truncation are renewed.</param>
    /// <returns>Whether all are estimated. If not, call again.</returns>
    public bool Estimate(IReadOnlyList<Segment> segments, bool renew)
    {
        foreach (Segment gone in _looks.Keys.Except(segments).ToList())
            _looks.Remove(gone);
        long published = publication.Published.Value;
        long turn = segments.Count > 0 ? (published - segments[0].FirstLsn.Value) / LooksPerTurn : 0;
        Lsn dropped = publication.Dropped;
        long outdated = Math.Min(renew ? published : published - turn, dropped.Value);
        live.Forget();
        var estimate = new SegmentEstimate(live, files.StoreSeed);
        int looks = 0;
        foreach (Segment segment in segments)
        {
            if (IsDamaged(segment) || (_looks.TryGetValue(segment, out Look known) && known.At >= outdated))
                continue;
            if (segment.FirstLsn > dropped && segment.LengthBytes >= options.SegmentBytes / 2)
            {
                NoteLive(segment);
                continue;
            }

            if (looks++ == LooksPerStep || _stopping)
                return false;
            _looks[segment] = new Look(estimate.ShareOf(segment, unchecked((int)(segment.First + published))), published);
        }

        return true;
    }

    private readonly record struct Look(double LiveShare, long At);
}
