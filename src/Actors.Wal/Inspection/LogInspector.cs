using System.Collections.Concurrent;
using Actors.Wal.Cold;
using Actors.Wal.Compaction;
using Actors.Wal.Format;
using Actors.Wal.Index;
using Actors.Wal.Segments;
using Actors.Wal.Streams;

namespace Actors.Wal.Inspection;

/// <summary>Shows people a log: pages of its streams, and its segments. Safe to call from many threads.</summary>
/// <param name="manifest">The store's manifest.</param>
/// <param name="index">The streams.</param>
/// <param name="loader">Reads a stream.</param>
/// <param name="segments">The log.</param>
/// <param name="streams">The open streams; of a log that is only read, there are none.</param>
/// <param name="lastLsn">Returns the last acknowledged record.</param>
internal sealed class LogInspector(Manifest manifest, StreamIndex index, StreamLoader loader, SegmentSet segments, StreamTable streams, Func<Lsn> lastLsn)
{
    // A live share is estimated again after this time. Shares change slowly, and an estimate reads some pages of each segment.
    private static readonly TimeSpan EstimateAge = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<(uint First, uint Last), (long At, double Share)> _shares = [];

    public long Streams => index.Count;

    /// <summary>
    /// Returns a page of all streams, the last written ones first. Damaged streams, and those that are written or deleted meanwhile, may be
    /// missing.
    /// </summary>
    public IReadOnlyList<StreamInfo> Newest(long skip, int take)
    {
        streams.WriteBackAll();
        IReadOnlyList<Segment> all = segments.All;
        return all.Count == 0 ? [] : [.. index.Newest(all[0].First, all[^1].Last, skip, take).Select(TryDescribe).OfType<StreamInfo>()];
    }

    public IReadOnlyList<SegmentInfo> Segments()
    {
        IReadOnlyList<Segment> all = segments.All;
        var estimate = new SegmentEstimate(new LiveFrames(streams, segments, manifest.StoreSeed) { Damaged = static _ => { } }, manifest.StoreSeed);
        var infos = new List<SegmentInfo>(all.Count);
        for (int i = 0; i < all.Count; i++)
        {
            Lsn last = i + 1 < all.Count ? new Lsn(all[i + 1].FirstLsn.Value - 1) : lastLsn();
            if (TryDescribe(all[i], last, estimate) is { } info)
                infos.Add(info);
        }

        return infos;
    }

    private StreamInfo? TryDescribe(FrameLocation head)
    {
        try
        {
            return loader.Describe(head);
        }
        catch (LogCorruptException)
        {
            return null;
        }
    }

    /// <summary>Describes a segment; null when a cold segment has replaced it meanwhile.</summary>
    private SegmentInfo? TryDescribe(Segment segment, Lsn last, SegmentEstimate estimate)
    {
        try
        {
            var cold = segment as ColdSegment;
            SegmentHeader? header = cold is null ? SegmentHeader.Read(segment.File, segment.First, manifest, out _) : null;
            return new SegmentInfo(
                segment.First,
                segment.Last,
                cold is not null,
                segment.LengthBytes,
                segment.File.LengthBytes,
                segment.FirstLsn,
                last,
                cold?.Header.Frames ?? last.Value - segment.FirstLsn.Value + 1,
                ShareOf(segment, estimate),
                header?.DirectoryEpoch ?? cold?.Header.DirectoryEpoch,
                (header?.CreatedMicros ?? cold?.Header.CreatedMicros) is { } micros ? UnixMicros.ToTime(micros) : null);
        }
        catch (ObjectDisposedException) when (segment.IsDisposed)
        {
            return null;
        }
    }

    private double ShareOf(Segment segment, SegmentEstimate estimate)
    {
        if (_shares.TryGetValue((segment.First, segment.Last), out var known) && TimeProvider.System.GetElapsedTime(known.At) < EstimateAge)
            return known.Share;
        double share = estimate.ShareOf(segment, 1);
        _shares[(segment.First, segment.Last)] = (TimeProvider.System.GetTimestamp(), share);
        return share;
    }
}
