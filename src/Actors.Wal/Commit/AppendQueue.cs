using Actors.Wal.Clocks;
using Actors.Wal.Format;
using Actors.Wal.Segments;


namespace Actors.Wal.Commit;

/// <summary>
/// The queue between callers and the commit step. Callers encode into the filling batch under a short lock; the commit step
/// swaps it for the empty one. At most these two batches are held in memory. Appends that find no room wait, in order.
/// </summary>
internal sealed class AppendQueue(LocalLogStoreOptions options, ulong storeSeed, Lsn lastLsn, long lastTimeMicros, SegmentSupply supply)
{
    // A batch that would start with less room than this goes to the next segment.
    private const int MinBatchRoomBytes = 4096;

    // When no further segment can be created, 1/16 of this one is reserved for truncations, deletions and checkpoints.
    private const int ReserveShare = 16;

    // A monitor, like every lock that the commit thread shares. A thread that waits for a Lock yields its processor first. When the
    // commit thread had interrupted a caller that held the Lock, it ran again only a time slice later.
    private readonly object _gate = new();
    private readonly FrameEncoder _encoder = new(storeSeed);
    private readonly WaitingAppends _waiting = new(options.MaxWaitingBytes);
    private readonly long _ticksPerMillisecond = options.Time.TimestampFrequency / 1000;

    // The filling side.
    private BatchBuffer _filling = new(options.MaxBatchBytes);
    private BatchBuffer _spare = new(options.MaxBatchBytes);
    private CommitGroup _group = new();
    private CommitGroup _spareGroup = new();
    private bool _rollRequested;
    private long _lastTimeMicros = lastTimeMicros;
    private long _stampedAt;

    // The place of the next batch.
    private PreparedSegment? _segment;
    private long _nextOffset;
    private Lsn _nextLsn = lastLsn.Next;
    private long _segmentStarted;

    // Whether appends are accepted, and how many of them raise Wake.
    private Exception? _failure;
    private bool _closed;
    private int _wakeAt = int.MaxValue;

    /// <summary>Raised, outside the lock, when the commit step must be called.</summary>
    public Action Wake { get; set; } = static () => { };

    /// <summary>Receives requests that were refused after waiting, and completes them on the pool.</summary>
    public Action<List<AppendRequest>> Refused { get; set; } = static _ => { };

    public Exception? Failure => Volatile.Read(ref _failure);

    public long PendingBytes
    {
        get
        {
            lock (_gate)
                return _filling.BodyBytes + (_spare.Location is null ? 0 : _spare.BodyBytes);
        }
    }

    public int WaitingCount
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>Whether nothing waits for a commit or for room.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _failure is not null || (_waiting.Count == 0 && _group.Requests.Count == 0);
        }
    }

    /// <summary>How many requests have gathered for the next commit; a hint, read without the lock.</summary>
    public int GatheredCount => Volatile.Read(ref _group).Requests.Count;

    /// <summary>Requests <see cref="Wake"/> for when this many requests have gathered, or one finds no room.</summary>
    /// <returns>False if that is so already, or if the queue is closed or has failed.</returns>
    public bool WakeAt(int count)
    {
        lock (_gate)
        {
            if (_failure is not null || _closed || _group.Requests.Count >= count || _waiting.Count > 0)
                return false;
            _wakeAt = count;
            return true;
        }
    }

    /// <summary>Accepts a request into the filling batch, queues it until there is room, or refuses it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Withdraws the request while it waits.</param>
    /// <returns>The refusal, or null. The caller recycles a refused request.</returns>
    public AppendRejectedException? Submit(AppendRequest request, CancellationToken cancellationToken = default)
    {
        bool wake;
        WaitingAppend? waiting = null;
        lock (_gate)
        {
            if (_closed)
                return new StoreClosedException("The store is closed; nothing was written.");
            if (Refuse(request) is { } refusal)
                return refusal;
            if ((_waiting.Count > 0 && request.Kind != AppendKind.Barrier) || !TryAccept(request))
            {
                if (_waiting.Refuse(request) is { } overload)
                    return overload;
                waiting = _waiting.Add(request);
            }

            wake = _group.Requests.Count >= _wakeAt || (_wakeAt != int.MaxValue && _waiting.Count > 0);
            if (wake)
                _wakeAt = int.MaxValue;
        }

        if (waiting is not null && cancellationToken.CanBeCanceled)
            LetTakeBack(waiting, cancellationToken);
        if (wake)
            Wake();
        return null;
    }

    /// <summary>Runs an action that must not interleave with an append, such as a change of owner.</summary>
    public T Exclusive<T>(Func<T> action)
    {
        lock (_gate)
            return action();
    }

    /// <summary>
    /// Takes the gathered requests for the commit step. If there is nothing to commit it returns null, and the next
    /// <see cref="Submit"/> raises <see cref="Wake"/>.
    /// </summary>
    /// <param name="mark">Whether to take the filling batch even when it is empty, to write it as a mark.</param>
    public CommitGroup? Take(bool mark)
    {
        List<AppendRequest>? refused = null;
        CommitGroup? taken;
        lock (_gate)
        {
            if (_failure is not null)
                return null;
            if (_filling.Location is null || (_rollRequested && _filling.FrameCount == 0))
                Place();
            Drain(ref refused);
            taken = TakeGroup(mark, ref refused);
        }

        if (refused is not null)
            Refused(refused);
        return taken;
    }

    /// <summary>Returns a committed group for reuse.</summary>
    public void Release(CommitGroup group)
    {
        lock (_gate)
        {
            if (group.Batch is { } batch)
            {
                batch.Reset();
                _spare = batch;
            }

            group.Reset();
            _spareGroup = group;
        }
    }

    /// <summary>Refuses the appends that wait for room, because the disk is full. Those that fit after all are accepted.</summary>
    public void RefuseWaiting()
    {
        List<AppendRequest>? refused = null;
        lock (_gate)
            Drain(ref refused);
        if (refused is not null)
            Refused(refused);
    }

    /// <summary>Accepts no more appends; those that were accepted are still committed.</summary>
    public void Close()
    {
        lock (_gate)
            _closed = true;
        Wake();
    }

    /// <summary>Returns the segment that was taken for a batch which was never written; null if there is none. Called at the end.</summary>
    public PreparedSegment? GiveBackUnused()
    {
        lock (_gate)
        {
            PreparedSegment? unused = _filling.StartsSegment;
            _filling.Reset();
            return unused;
        }
    }

    /// <summary>Refuses all further requests, and returns those that no commit has taken.</summary>
    public List<AppendRequest> Fail(Exception failure)
    {
        lock (_gate)
        {
            Volatile.Write(ref _failure, failure);
            List<AppendRequest> stranded = [.. _group.Requests, .. _waiting.RemoveAll()];
            _group.Reset();
            return stranded;
        }
    }

    private AppendRejectedException? Refuse(AppendRequest request)
    {
        if (_failure is not null)
            return new StoreFailedException("The store failed earlier and accepts nothing more; nothing was written. Close it and open it again.", _failure);
        if (AppendRules.Refuse(request, options) is { } refusal)
            return refusal;
        if (request.Kind != AppendKind.Barrier && supply.Full is { } full && LacksRoom(request))
            return new StoreFullException(full.Message, full);
        return null;
    }

    /// <summary>Whether a request finds no room when no further segment can be created. A segment that is ready still counts as room.</summary>
    private bool LacksRoom(AppendRequest request) => !supply.HasReady && (_filling.Location is null || _rollRequested || NeedsReserve(request));

    /// <summary>Whether a request needs the space that is reserved for truncations, deletions and checkpoints.</summary>
    private bool NeedsReserve(AppendRequest request) => TakesRoom(request) && (supply.IsOver || ReachesReserve(FrameEncoder.SizeOf(request)));

    /// <summary>Whether a request would use the reserve before it is known whether there will be a next segment.</summary>
    private bool MustWaitForNext(AppendRequest request, long bytes) => ReachesReserve(bytes) && TakesRoom(request) && !supply.HasReady;

    private static bool TakesRoom(AppendRequest request)
        => request.Kind is AppendKind.Event or AppendKind.Events or AppendKind.State or AppendKind.Atomic;

    private bool ReachesReserve(long bytes)
        => RoomBytes - _filling.LengthBytes - bytes < MinBatchRoomBytes + (options.SegmentBytes / ReserveShare);

    private bool TryAccept(AppendRequest request)
    {
        if (request.Kind != AppendKind.Barrier)
        {
            int bytes = (int)FrameEncoder.SizeOf(request);
            if (!_filling.HasRoomFor(bytes))
            {
                _rollRequested |= _filling.Location is not null && _filling.FrameCount == 0;
                return false;
            }

            if (MustWaitForNext(request, bytes))
                return false;
            StampIfLater();
            _encoder.Encode(request, _filling);
        }

        _group.Add(request);
        return true;
    }

    private CommitGroup? TakeGroup(bool mark, ref List<AppendRequest>? refused)
    {
        bool writes = _filling.FrameCount > 0 || (mark && _filling.Location is not null);
        if (!writes && _group.Requests.Count == 0)
        {
            // While callers wait for a segment, its arrival wakes the commit step; otherwise the next caller does.
            _wakeAt = 1;
            return null;
        }

        CommitGroup taken = _group;
        Volatile.Write(ref _group, _spareGroup);
        if (!writes)
            return taken;

        BatchBuffer batch = _filling;
        if (batch.FrameCount == 0)
        {
            Stamp(batch);
            taken.Demand(SyncPolicy.Always);
        }

        taken.Batch = batch;
        _filling = _spare;
        _spare = batch;
        _nextOffset = Layout.AlignSector(batch.Location!.Value.OffsetBytes + batch.LengthBytes);
        _nextLsn = new Lsn(batch.FirstLsn.Value + batch.FrameCount);
        Place();
        Drain(ref refused);
        return taken;
    }

    /// <summary>Sets the place of the empty filling batch: after the last batch, or at the start of the next segment.</summary>
    private void Place()
    {
        bool mustLeave = _segment is null || _rollRequested || RoomBytes < MinBatchRoomBytes;
        PreparedSegment? next = mustLeave || IsAged() ? supply.TryTake() : null;
        if (next is not null)
        {
            _segment = next;
            _nextOffset = Layout.FirstBatchOffsetBytes;
            _segmentStarted = options.Time.GetTimestamp();
            _rollRequested = false;
        }
        else if (mustLeave)
        {
            return;
        }

        int capacity = (int)Math.Min(options.MaxBatchBytes, RoomBytes);
        _filling.Place(new FrameLocation(_segment!.Number, _nextOffset), capacity, _nextLsn, next ?? _filling.StartsSegment);
    }

    /// <summary>The bytes that are left for batches: up to the sector that the footer needs.</summary>
    private long RoomBytes => _segment!.SegmentBytes - Layout.SectorBytes - _nextOffset;

    private bool IsAged() => options.SegmentAge is { } age && options.Time.GetElapsedTime(_segmentStarted) >= age;

    /// <summary>Accepts waiting requests in their order for as long as there is room.</summary>
    private void Drain(ref List<AppendRequest>? refused)
    {
        while (_waiting.First is { } request)
        {
            AppendRejectedException? refusal = Refuse(request);
            if (refusal is null && !TryAccept(request))
            {
                refusal = Refuse(request);
                if (refusal is null)
                    return;
            }

            _waiting.RemoveFirst();
            if (refusal is null)
                continue;
            request.Fail(refusal);
            (refused ??= []).Add(request);
            // Cancel the request for the next segment: later appends may fit into this one. One that does not fit requests it again.
            if (refusal is StoreFullException)
                _rollRequested = false;
        }
    }

    private void LetTakeBack(WaitingAppend waiting, CancellationToken cancellationToken)
    {
        CancellationTokenRegistration cancellation = cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var (queue, waiting) = ((AppendQueue, WaitingAppend))state!;
                queue.TakeBack(waiting, token);
            },
            (this, waiting));
        lock (_gate)
        {
            if (waiting.Place is not null)
            {
                waiting.Cancellation = cancellation;
                return;
            }
        }

        cancellation.Unregister();
    }

    private void TakeBack(WaitingAppend waiting, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            bool wasFirst = waiting.Request == _waiting.First;
            if (!_waiting.Remove(waiting))
                return;
            // The next waiting append requests a new segment itself if it needs one.
            if (wasFirst)
                _rollRequested = false;
        }

        waiting.Request.Fail(new OperationCanceledException("The append was cancelled while it waited for room; nothing was written.", cancellationToken));
        Refused([waiting.Request]);
        Wake();
    }

    // A batch fills while the flush of the batch before it lasts. Its records get the times at which they were accepted.
    private void StampIfLater()
    {
        long now = options.Time is StoreClock clock ? clock.GetMilliseconds() : options.Time.GetTimestamp() / _ticksPerMillisecond;
        if (_filling.FrameCount > 0 && now == _stampedAt)
            return;
        _stampedAt = now;
        Stamp(_filling);
    }

    private void Stamp(BatchBuffer batch)
    {
        _lastTimeMicros = Math.Max(_lastTimeMicros, UnixMicros.Of(options.Time.GetUtcNow()));
        batch.Stamp(_lastTimeMicros);
    }
}
