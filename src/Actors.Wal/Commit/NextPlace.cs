using Actors.Wal.Format;
using Actors.Wal.Segments;

namespace Actors.Wal.Commit;

/// <summary>The place of the next batch: after the last batch, or at the start of the next segment.</summary>
internal sealed class NextPlace(LocalLogStoreOptions options, Lsn lastLsn, SegmentSupply supply)
{
    // A batch that would start with less room than this goes to the next segment.
    private const int MinBatchRoomBytes = 4096;

    // When no further segment can be created, 1/16 of this one is reserved for truncations, deletions and checkpoints.
    private const int ReserveShare = 16;

    private PreparedSegment? _segment;
    private long _segmentStarted;
    private long _offset;
    private Lsn _lsn = lastLsn.Next;

    /// <summary>Gives an empty batch its place. Without a segment that has room for a batch, it stays without one.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="wantedBytes">The room that the batch should find. If no segment is ready, it may get less.</param>
    public void Give(BatchBuffer batch, long wantedBytes)
    {
        bool isFull = _segment is null || RoomBytes < MinBatchRoomBytes;
        PreparedSegment? next = isFull || RoomBytes < wantedBytes || IsAged() ? supply.TryTake() : null;
        if (next is not null)
        {
            _segment = next;
            _segmentStarted = options.Time.GetTimestamp();
            _offset = Layout.FirstBatchOffsetBytes;
        }
        else if (isFull)
        {
            return;
        }

        int capacity = (int)Math.Min(options.MaxBatchBytes, RoomBytes);
        batch.Place(new FrameLocation(_segment!.Number, _offset), capacity, _lsn, next ?? batch.StartsSegment);
    }

    /// <summary>Moves behind a batch that has this place and gets no more frames.</summary>
    public void MoveBehind(BatchBuffer batch)
    {
        _offset = Layout.AlignSector(_offset + batch.LengthBytes);
        _lsn = new Lsn(_lsn.Value + batch.FrameCount);
    }

    /// <summary>Whether a batch that has this place would, with more frames, use the reserve.</summary>
    public bool ReachesReserve(BatchBuffer batch, long frameBytes)
        => RoomBytes - batch.LengthBytes - frameBytes < MinBatchRoomBytes + (options.SegmentBytes / ReserveShare);

    /// <summary>The bytes that are left for batches: up to the sector that the footer needs.</summary>
    private long RoomBytes => _segment!.SegmentBytes - Layout.SectorBytes - _offset;

    private bool IsAged() => options.SegmentAge is { } age && options.Time.GetElapsedTime(_segmentStarted) >= age;
}
