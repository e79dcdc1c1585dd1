using Actors.Wal.Format;
using Actors.Wal.Segments;

namespace Actors.Wal.Commit;

/// <summary>Whether an append finds room in the filling batch.</summary>
internal enum Room
{
    Found,

    /// <summary>There will be room: after a commit, or in the next segment.</summary>
    Awaited,

    /// <summary>There is no room, and no further segment can be created.</summary>
    Missing,
}

/// <summary>
/// The batch that callers fill, and the spare one that the commit step writes meanwhile. Decides which appends the filling
/// batch has room for. Guarded by the append queue's lock.
/// </summary>
internal sealed class FillingBatch(LocalLogStoreOptions options, Lsn lastLsn, long lastTimeMicros, SegmentSupply supply)
{
    private readonly BatchTimes _times = new(options.Time, lastTimeMicros);
    private readonly NextPlace _place = new(options, lastLsn, supply);
    private BatchBuffer _filling = new(options.MaxBatchBytes);
    private BatchBuffer _spare = new(options.MaxBatchBytes);

    public bool HasFrames => _filling.FrameCount > 0;

    /// <summary>Whether the batch has a place. Without a segment that has room, it has none.</summary>
    public bool IsPlaced => _filling.Location is not null;

    /// <summary>The bytes of the filling batch and of the one that is being written.</summary>
    public int PendingBytes => _filling.BodyBytes + (_spare.Location is null ? 0 : _spare.BodyBytes);

    /// <summary>Finds out whether there is room for a request. Changes nothing.</summary>
    /// <param name="request">A request that writes, so not a barrier.</param>
    /// <param name="isFull">Whether no further segment can be created. One that is ready can still be used.</param>
    public Room RoomFor(AppendRequest request, bool isFull)
    {
        long bytes = FrameEncoder.SizeOf(request);
        bool fits = _filling.HasRoomFor(bytes);
        if (isFull && !supply.HasReady)
        {
            if (!IsPlaced || (IsKeptOutOfReserve(request) && (supply.IsOver || _place.ReachesReserve(_filling, bytes))))
                return Room.Missing;
            // The batch's frames are written first. An empty batch has all the room that is left.
            return fits ? Room.Found : HasFrames ? Room.Awaited : Room.Missing;
        }

        // The reserve is used only when it is known that there will be a next segment.
        bool mustWaitForNext = fits && _place.ReachesReserve(_filling, bytes) && IsKeptOutOfReserve(request) && !supply.HasReady;
        return fits && !mustWaitForNext ? Room.Found : Room.Awaited;
    }

    /// <summary>Encodes a request for which there is room.</summary>
    public void Add(AppendRequest request)
    {
        _times.StampIfLater(_filling);
        FrameEncoder.Encode(request, _filling);
    }

    /// <summary>Gives an empty filling batch a place with room for the first waiting request, or with less if no segment is ready.</summary>
    public void Place(AppendRequest? firstWaiting)
    {
        long wanted = firstWaiting is null ? 0 : FrameEncoder.SizeOf(firstWaiting);
        if (!HasFrames && !_filling.HasRoomFor(wanted))
            _place.Give(_filling, BatchHeader.SizeBytes + wanted);
    }

    /// <summary>Returns the filling batch to be written, as a mark if it has no frames. The spare one takes its role, without a place.</summary>
    public BatchBuffer Swap()
    {
        BatchBuffer batch = _filling;
        if (!HasFrames)
            _times.Stamp(batch);
        _place.MoveBehind(batch);
        (_filling, _spare) = (_spare, batch);
        return batch;
    }

    /// <summary>Makes a batch that was written the spare one.</summary>
    public void Release(BatchBuffer batch)
    {
        batch.Reset();
        _spare = batch;
    }

    /// <summary>Returns the segment that was taken for a batch which was never written; null if there is none. Called at the end.</summary>
    public PreparedSegment? GiveBackUnused()
    {
        PreparedSegment? unused = _filling.StartsSegment;
        _filling.Reset();
        return unused;
    }

    private static bool IsKeptOutOfReserve(AppendRequest request)
        => request.Kind is AppendKind.Event or AppendKind.Events or AppendKind.State or AppendKind.Atomic;
}
