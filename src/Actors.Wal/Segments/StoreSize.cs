using Actors.Wal.Cold;
using Actors.Wal.Format;

namespace Actors.Wal.Segments;

/// <summary>
/// How many bytes of files the store has, and what its quota says to that: when it is nearly used up compaction is to win back
/// what it can, and no segment is made ready that would leave compaction no room to work in.
/// </summary>
internal sealed class StoreSize(SegmentSet segments, LocalLogStoreOptions options)
{
    private const double TightShare = 0.9;
    private const int TightSegments = 4;

    private long _ready;
    private long _snapshots;

    /// <summary>Segments that are made ready and hold nothing yet.</summary>
    public int ReadySegments
    {
        set => Interlocked.Exchange(ref _ready, value * options.SegmentBytes);
    }

    /// <summary>Bytes of the snapshots of the index.</summary>
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
                bytes += all[i] is ColdSegment ? all[i].LengthBytes
                    : i + 1 == all.Count ? options.SegmentBytes
                    : Layout.AlignSector(all[i].LengthBytes) + Layout.SectorBytes;
            }

            return bytes;
        }
    }

    /// <summary>Whether the quota is nearly used up.</summary>
    public bool IsTight => options.QuotaBytes is { } quota && Bytes >= Math.Min(TightShare * quota, quota - (TightSegments * options.SegmentBytes));

    /// <summary>Whether the last segment takes room that compaction needs: nothing but what makes room is to be written to it.</summary>
    public bool IsOver => options.QuotaBytes is { } quota && Bytes + options.SegmentBytes > quota;

    /// <summary>Why there may be no further segment; null when there may.</summary>
    public StoreFullException? Refusal
        => options.QuotaBytes is { } quota && Bytes + (2 * options.SegmentBytes) is var needed && needed > quota
            ? new StoreFullException(
                $"The store in '{options.Directory}' takes {Bytes} bytes, and with its next segment and the room that compaction needs it would take {needed}; its quota is {quota}. Nothing was written. Let streams keep less, delete some, or raise {nameof(options.QuotaBytes)}; appends go on by themselves once there is room.")
            : null;
}
