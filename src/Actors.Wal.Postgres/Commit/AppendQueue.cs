namespace Actors.Wal.Postgres.Commit;

/// <summary>
/// Appends that wait for the next commit. Their bytes are bounded: who comes when it is full waits for room, and is let in in the
/// order of coming.
/// </summary>
/// <param name="capacityBytes">The most bytes that are accepted and not decided yet.</param>
/// <param name="begin">Called when something is accepted while nobody commits: somebody does from then on, until <see cref="TryTake"/> gives nothing.</param>
internal sealed class AppendQueue(long capacityBytes, Action begin)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<AppendRequest> _waiting = new();
    private List<AppendRequest> _accepted = [];
    private long _pending;
    private bool _isBeingCommitted;
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

    /// <summary>Takes a request in, now or when there is room.</summary>
    /// <returns>Completes when the append is decided.</returns>
    /// <exception cref="StoreClosedException">The store is closed.</exception>
    public ValueTask<AppendResult> Submit(AppendRequest request, CancellationToken cancellationToken)
    {
        // A request that is decided at once is its caller's again: what it awaits is asked for before.
        ValueTask<AppendResult> decided = request.Task;
        LinkedListNode<AppendRequest>? place = null;
        bool begins = false;
        lock (_gate)
        {
            if (_closed is not null)
                throw new StoreClosedException("The store is closed; nothing was written.");
            if (_waiting.Count > 0 || !HasRoomFor(request))
            {
                place = _waiting.AddLast(request);
            }
            else
            {
                Accept(request);
                begins = !_isBeingCommitted;
                _isBeingCommitted = true;
            }
        }

        if (begins)
            begin();
        return place is null ? decided : WaitAsync(place, cancellationToken);
    }

    /// <summary>Requests of so many bytes are decided.</summary>
    public void Release(long bytes)
    {
        lock (_gate)
        {
            _pending -= bytes;
            while (_waiting.First is { } next && HasRoomFor(next.Value))
            {
                _waiting.RemoveFirst();
                Accept(next.Value);
            }
        }
    }

    /// <summary>Gives what was accepted.</summary>
    /// <param name="requests">An empty list, which is exchanged for one with the requests in order.</param>
    /// <param name="orEnd">Whether, when there is nothing, whoever commits is done.</param>
    public bool TryTake(ref List<AppendRequest> requests, bool orEnd)
    {
        lock (_gate)
        {
            if (_accepted.Count == 0)
            {
                if (!orEnd)
                    return false;
                _isBeingCommitted = false;
                _closed?.TrySetResult();
                return false;
            }

            (requests, _accepted) = (_accepted, requests);
            return true;
        }
    }

    /// <summary>Lets in who waits, and nobody else; completes when all are decided.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!_isBeingCommitted)
                _closed.TrySetResult();
            return _closed.Task;
        }
    }

    private async ValueTask<AppendResult> WaitAsync(LinkedListNode<AppendRequest> place, CancellationToken cancellationToken)
    {
        await using (cancellationToken.Register(() => GiveUp(place, cancellationToken)).ConfigureAwait(false))
            return await place.Value.Task.ConfigureAwait(false);
    }

    /// <summary>One that is larger than all room is let in alone.</summary>
    private bool HasRoomFor(AppendRequest request) => _pending == 0 || _pending + request.Bytes <= capacityBytes;

    private void Accept(AppendRequest request)
    {
        _pending += request.Bytes;
        _accepted.Add(request);
    }

    /// <summary>What was not accepted yet can be taken back.</summary>
    private void GiveUp(LinkedListNode<AppendRequest> place, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (place.List is null)
                return;
            _waiting.Remove(place);
        }

        place.Value.Fail(new OperationCanceledException("The append was taken back before it was accepted.", cancellationToken));
        ThreadPool.UnsafeQueueUserWorkItem(place.Value, preferLocal: false);
    }
}
