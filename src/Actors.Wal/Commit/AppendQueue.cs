using Actors.Wal.Segments;

namespace Actors.Wal.Commit;

/// <summary>
/// The queue between callers and the commit step. Callers encode into the filling batch under a short lock; the commit step
/// swaps it for the empty one. At most these two batches are held in memory. Appends that find no room wait, in order.
/// </summary>
internal sealed class AppendQueue
{
    // A monitor, like every lock that the commit thread shares. A thread that waits for a Lock yields its processor first. When the
    // commit thread had interrupted a caller that held the Lock, it ran again only a time slice later.
    private readonly object _gate = new();
    private readonly LocalLogStoreOptions _options;
    private readonly SegmentSupply _supply;
    private readonly FillingBatch _filling;
    private readonly WaitingAppends _waiting;
    private CommitGroup _group = new();
    private CommitGroup _spareGroup = new();
    private Exception? _failure;
    private bool _closed;

    // The number of gathered requests that raises Wake; null while the commit step needs no call.
    private int? _wakeAt;

    public AppendQueue(LocalLogStoreOptions options, Lsn lastLsn, long lastTimeMicros, SegmentSupply supply)
    {
        _options = options;
        _supply = supply;
        _filling = new FillingBatch(options, lastLsn, lastTimeMicros, supply);
        _waiting = new WaitingAppends(_gate, options.MaxWaitingBytes) { TakenBack = TakenBack };
    }

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
                return _filling.PendingBytes;
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
            if (Refuse(request, out Room room) is { } refusal)
                return refusal;
            if (room == Room.Found && (_waiting.Count == 0 || request.Kind == AppendKind.Barrier))
            {
                Accept(request);
            }
            else
            {
                if (_waiting.Refuse(request) is { } overload)
                    return overload;
                waiting = _waiting.Add(request);
            }

            wake = _wakeAt is { } count && (_group.Requests.Count >= count || _waiting.Count > 0);
            if (wake)
                _wakeAt = null;
        }

        if (waiting is not null && cancellationToken.CanBeCanceled)
            _waiting.LetTakeBack(waiting, cancellationToken);
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
            _filling.Place(_waiting.First);
            Drain(ref refused);
            taken = TakeGroup(mark);
            if (taken?.Batch is not null)
            {
                _filling.Place(_waiting.First);
                Drain(ref refused);
            }
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
                _filling.Release(batch);
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
            return _filling.GiveBackUnused();
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

    /// <summary>Returns why a request is refused; if it is not, whether there is room for it.</summary>
    private AppendRejectedException? Refuse(AppendRequest request, out Room room)
    {
        room = Room.Found;
        if (_failure is not null)
            return new StoreFailedException("The store failed earlier and accepts nothing more; nothing was written. Close it and open it again.", _failure);
        if (request.Kind == AppendKind.Barrier)
            return null;
        if (AppendRules.Refuse(request, _options) is { } refusal)
            return refusal;
        StoreFullException? full = _supply.Full;
        room = _filling.RoomFor(request, isFull: full is not null);
        return room == Room.Missing ? new StoreFullException(full!.Message, full) : null;
    }

    private void Accept(AppendRequest request)
    {
        if (request.Kind != AppendKind.Barrier)
            _filling.Add(request);
        _group.Add(request);
    }

    private CommitGroup? TakeGroup(bool mark)
    {
        bool writes = _filling.HasFrames || (mark && _filling.IsPlaced);
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
        if (!_filling.HasFrames)
            taken.Demand(SyncPolicy.Always);
        taken.Batch = _filling.Swap();
        return taken;
    }

    /// <summary>Accepts waiting requests in their order for as long as there is room.</summary>
    private void Drain(ref List<AppendRequest>? refused)
    {
        while (_waiting.First is { } request)
        {
            AppendRejectedException? refusal = Refuse(request, out Room room);
            if (refusal is null && room != Room.Found)
                return;
            _waiting.RemoveFirst();
            if (refusal is null)
            {
                Accept(request);
                continue;
            }

            request.Fail(refusal);
            (refused ??= []).Add(request);
        }
    }

    private void TakenBack(AppendRequest request)
    {
        Refused([request]);
        Wake();
    }
}
