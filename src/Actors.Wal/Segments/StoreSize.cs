using Actors.Wal.Format;

namespace Actors.Wal.Segments;

/// <summary>
/// Compares the size of the store's files with its quota. When the quota is nearly used up, compaction must reclaim all it can, and
/// no segment is prepared that would leave compaction too little space.
/// </summary>
internal sealed class StoreSize(SegmentSet segments, LocalLogStoreOptions options)
{
    private const double TightShare = 0.9;
    private const int TightSegments = 4;

    private long _ready;
    private long _snapshots;

    /// <summary>The number of prepared segments, which are still empty.</summary>
    public int ReadySegments
    {
        set => Interlocked.Exchange(ref _ready, value * options.SegmentBytes);
    }

    /// <summary>Bytes of the index snapshots.</summary>
    public long SnapshotBytes
    {
        set => Interlocked.Exchange(ref _snapshots, value);
    }

    /// <summary>Bytes of all files.</summary>
    public long Bytes
    {
        get
        {
            IReadOnlyList<Segment> all = segments.All;
            long bytes = Interlocked.Read(ref _ready) + Interlocked.Read(ref _snapshots);
            for (int i = 0; i < all.Count; i++)
            {
                bytes += all[i].IsCold ? all[i].LengthBytes
                    : i + 1 == all.Count ? options.SegmentBytes
                    : Layout.AlignSector(all[i].LengthBytes) + Layout.SectorBytes;
            }

            return bytes;
        }
    }

    /// <summary>Whether the quota is nearly used up.</summary>
    public bool IsTight => options.QuotaBytes is { } quota && Bytes >= Math.Min(TightShare * quota, quota - (TightSegments * options.SegmentBytes));

    /// <summary>Whether the last segment takes space that compaction needs. It then gets only truncations, deletions and checkpoints.</summary>
    public bool IsOver => options.QuotaBytes is { } quota && Bytes + options.SegmentBytes > quota;

    /// <summary>Why no further segment may be prepared; null when one may.</summary>
    public StoreFullException? Refusal
        => options.QuotaBytes is { } quota && Bytes + (2 * options.SegmentBytes) is var needed && needed > quota
            ? new StoreFullException(
                $"The store in '{options.Directory}' takes {Bytes} bytes, and with its next segment and the room that compaction needs it would take {needed}; its quota is {quota}. Nothing was written. Let streams keep less, delete some, or raise {nameof(options.QuotaBytes)}; appends go on by themselves once there is room.")
            : null;
}
