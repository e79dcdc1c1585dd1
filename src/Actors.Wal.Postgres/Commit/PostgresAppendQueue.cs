namespace Actors.Wal.Postgres.Commit;

/// <summary>
/// The queue of appends for the next commit. The bytes of accepted appends are bounded. When there is no room for an append, it waits, and
/// appends are accepted in the order in which they came. The bytes of waiting appends are bounded too: further ones are rejected.
/// </summary>
/// <param name="capacityBytes">The most bytes of appends that are accepted and whose outcome is not decided yet.</param>
/// <param name="mostWaitingBytes">The most bytes of appends that wait for room.</param>
/// <param name="committers">The most committers that run at a time.</param>
/// <param name="begin">Starts the committer of this number, which runs until <see cref="TryTake"/> or <see cref="TryEnd"/> ends it.</param>
internal sealed class PostgresAppendQueue(long capacityBytes, long mostWaitingBytes, int committers, Action<int> begin)
{
    // A commit of fewer appends costs more than waiting for the commit that is under way.
    private const int FewestForAnother = 32;

    private readonly Lock _gate = new();
    private readonly LinkedList<PostgresAppendRequest> _waiting = new();
    private readonly bool[] _isCommitting = new bool[committers];
    private List<PostgresAppendRequest> _accepted = [];
    private long _pending;
    private long _waitingBytes;
    private int _active;
    private int _underWay;
    private TaskCompletionSource? _closed;

    public long PendingBytes
    {
        get
        {
            lock (_gate)
                return _pending;
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

    /// <summary>Accepts a request, now or when there is room.</summary>
    /// <returns>A task that completes when the append's outcome is decided.</returns>
    /// <exception cref="StoreClosedException">The store is closed.</exception>
    /// <exception cref="StoreOverloadedException">Too many bytes wait already.</exception>
    public ValueTask<AppendResult> Submit(PostgresAppendRequest request, CancellationToken cancellationToken)
    {
        // The task is taken before the request is accepted, because the request may be decided at once.
        ValueTask<AppendResult> decided = request.Task;
        LinkedListNode<PostgresAppendRequest>? place = null;
        int? begins = null;
        lock (_gate)
        {
            if (_closed is not null)
                throw new StoreClosedException("The store is closed; nothing was written.");
            if (_waiting.Count > 0 || !HasRoomFor(request))
            {
                if (_waitingBytes > 0 && _waitingBytes + request.Bytes > mostWaitingBytes)
                    throw new StoreOverloadedException(_waitingBytes, mostWaitingBytes);
                place = _waiting.AddLast(request);
                _waitingBytes += request.Bytes;
            }
            else
            {
                Accept(request);
                begins = Activate();
            }
        }

        if (begins is { } committer)
            begin(committer);
        return place is null ? decided : WaitAsync(place, cancellationToken);
    }

    /// <summary>Frees the room of requests that are decided, and accepts waiting ones.</summary>
    public void Release(long bytes)
    {
        lock (_gate)
        {
            _pending -= bytes;
            while (_waiting.First is { } next && HasRoomFor(next.Value))
            {
                _waiting.RemoveFirst();
                _waitingBytes -= next.Value.Bytes;
                Accept(next.Value);
            }
        }
    }

    /// <summary>Takes the accepted requests. Ends the committer and returns false if they are too few for a commit beside one under way.</summary>
    /// <param name="committer">The number of the committer.</param>
    /// <param name="held">The number of requests that were taken before and wait for another committer's commit.</param>
    /// <param name="requests">An empty list; it is replaced by the list of the requests, in order.</param>
    public bool TryTake(int committer, int held, ref List<PostgresAppendRequest> requests)
    {
        lock (_gate)
        {
            if (_active > 1 && !IsWorthAnother(held))
            {
                End(committer);
                return false;
            }

            (requests, _accepted) = (_accepted, requests);
            return true;
        }
    }

    /// <summary>Adds to the number of requests that are being committed; a negative number subtracts.</summary>
    public void CountUnderWay(int requests)
    {
        lock (_gate)
            _underWay += requests;
    }

    /// <summary>Ends a committer that has nothing to do. Returns false if a request was accepted meanwhile.</summary>
    public bool TryEnd(int committer)
    {
        lock (_gate)
        {
            if (_accepted.Count > 0)
                return false;
            End(committer);
            return true;
        }
    }

    /// <summary>Closes the queue to new requests. Completes when all accepted and waiting requests are decided.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_active == 0)
                _closed.TrySetResult();
            return _closed.Task;
        }
    }

    /// <summary>Returns the committer to start: one if none runs, another one if as many requests wait as are under way; else null.</summary>
    private int? Activate()
    {
        if (_active == committers || (_active > 0 && !IsWorthAnother(0)))
            return null;
        int committer = Array.IndexOf(_isCommitting, false);
        _isCommitting[committer] = true;
        _active++;
        return committer;
    }

    private bool IsWorthAnother(int held) => _accepted.Count + held >= Math.Max(FewestForAnother, _underWay);

    private void End(int committer)
    {
        _isCommitting[committer] = false;
        if (--_active == 0)
            _closed?.TrySetResult();
    }

    private async ValueTask<AppendResult> WaitAsync(LinkedListNode<PostgresAppendRequest> place, CancellationToken cancellationToken)
    {
        await using (cancellationToken.Register(() => GiveUp(place, cancellationToken)).ConfigureAwait(false))
            return await place.Value.Task.ConfigureAwait(false);
    }

    /// <summary>Returns whether a request fits. A request that is larger than the whole capacity fits when no other is pending.</summary>
    private bool HasRoomFor(PostgresAppendRequest request) => _pending == 0 || _pending + request.Bytes <= capacityBytes;

    private void Accept(PostgresAppendRequest request)
    {
        _pending += request.Bytes;
        _accepted.Add(request);
    }

    /// <summary>Cancels a request that was not accepted yet.</summary>
    private void GiveUp(LinkedListNode<PostgresAppendRequest> place, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (place.List is null)
                return;
            _waiting.Remove(place);
            _waitingBytes -= place.Value.Bytes;
        }

        place.Value.Fail(new OperationCanceledException("The append was taken back before it was accepted.", cancellationToken));
        ThreadPool.UnsafeQueueUserWorkItem(place.Value, preferLocal: false);
    }
}
