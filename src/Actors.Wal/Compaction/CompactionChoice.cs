using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Index;
using Actors.Wal.Segments;
using Actors.Wal.Streams;

namespace Actors.Wal.Compaction;

/// <summary>The segments to compact next, which are adjacent, and the compression of the cold segment.</summary>
internal sealed record CompactionRun(IReadOnlyList<Segment> Segments, ColdCompression Compression);

/// <summary>
/// Chooses what to compact: segments with enough dead bytes, or else the oldest one that is to be compressed. Only segments that the
/// newest index snapshot includes, and that are archived, are compacted.
/// </summary>
internal sealed class CompactionChoice(
    LocalLogStoreOptions options,
    LogFiles files,
    LiveFrames live,
    IndexSaver saver,
    SegmentArchiver archiver,
    Publication publication,
    StoreSize size)
{
    // The dead share that compaction aims at when space is short. A smaller one is not worth the copying.
    private const double LeastDeadShare = 0.05;

    private double? _wantedDeadShare;
    private bool _wantsCompressed;

    public LiveShares Shares { get; } = new(options, files, live, publication);

    /// <summary>Sets the share of the log that may be dead from now on; null for the share that the options state.</summary>
    /// <param name="maxDeadShare">The share.</param>
    /// <param name="compress">Whether all segments are compressed, regardless of their age.</param>
    public void Want(double? maxDeadShare, bool compress)
    {
        _wantedDeadShare = maxDeadShare;
        _wantsCompressed = compress;
    }

    /// <summary>Chooses the next run.</summary>
    /// <param name="run">The run; null if there is nothing to compact.</param>
    /// <returns>False if more segments must be estimated first; call again.</returns>
    public bool TryChoose(out CompactionRun? run)
    {
        run = null;
        if (saver.Newest is not { } snapshot)
            return true;
        uint end = Math.Min(snapshot.End.Segment, archiver.Through);
        List<Segment> candidates = [.. files.Segments.All.Where(s => s.Last <= end)];
        IReadOnlyList<Segment> chosen = [];
        if (MaxDeadShare < 1)
        {
            // When space is short, a single truncation may free enough.
            if (!Shares.Estimate(candidates, renew: size.IsTight || _wantedDeadShare is not null))
                return false;
            chosen = CompactionPlan.Choose([.. candidates.Select(s => Shares[s])], MaxDeadShare, options.SegmentBytes, publication.Published);
        }

        if (chosen.Count == 0)
            chosen = [.. candidates.Where(s => s is not ColdSegment { Header.IsCompressed: true } && !Shares.IsDamaged(s)).Take(1).Where(IsToBeCompressed)];
        if (chosen.Count > 0)
            run = new CompactionRun(chosen, IsToBeCompressed(chosen[^1]) ? ColdCompression.Brotli : ColdCompression.None);
        return true;
    }

    private double MaxDeadShare
    {
        get
        {
            double share = _wantedDeadShare ?? options.MaxDeadShare;
            return size.IsTight ? Math.Min(share, LeastDeadShare) : share;
        }
    }

    /// <summary>Whether to compress a segment: on request, or by age. A segment of batches is as old as the header of the next one.</summary>
    private bool IsToBeCompressed(Segment segment)
    {
        if (_wantsCompressed)
            return true;
        if (options.CompressAfter is not { } age)
            return false;
        long endMicros = segment is ColdSegment cold ? cold.Header.LastTimeMicros
            : files.Segments.After(segment) is LogSegment next ? SegmentCopy.HeaderOf(next, files.Manifest, out _).CreatedMicros
            : long.MaxValue;
        return UnixMicros.Of(options.Time.GetUtcNow()) - endMicros >= age.Ticks / TimeSpan.TicksPerMicrosecond;
    }
}
