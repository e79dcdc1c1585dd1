namespace Actors.Wal.Postgres.Commit;

/// <summary>
/// Appends that wait for the next commit. Their bytes are bounded: when it is full, appends wait for room and are let in in the
/// order of coming. The bytes of these are bounded too: more are refused.
/// </summary>
/// <param name="capacityBytes">The most bytes that are accepted and not decided yet.</param>
/// <param name="mostWaitingBytes">The most bytes that wait for room.</param>
/// <param name="committers">How many commit at most at a time.</param>
/// <param name="begin">Called when something is accepted and another committer, of this number, is to begin: until <see cref="TryEnd"/> lets it end.</param>
internal sealed class AppendQueue(long capacityBytes, long mostWaitingBytes, int committers, Action<int> begin)
{
    // A commit of fewer costs more than waiting for the one under way.
    private const int FewestForAnother = 32;

    private readonly Lock _gate = new();
    private readonly LinkedList<AppendRequest> _waiting = new();
    private readonly bool[] _isCommitting = new bool[committers];
    private List<AppendRequest> _accepted = [];
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

    /// <summary>Takes a request in, now or when there is room.</summary>
    /// <returns>Completes when the append is decided.</returns>
    /// <exception cref="StoreClosedException">The store is closed.</exception>
    /// <exception cref="StoreOverloadedException">Too many wait already.</exception>
    public ValueTask<AppendResult> Submit(AppendRequest request, CancellationToken cancellationToken)
    {
        // A request that is decided at once is its caller's again: what it awaits is asked for before.
        ValueTask<AppendResult> decided = request.Task;
        LinkedListNode<AppendRequest>? place = null;
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

    /// <summary>Requests of so many bytes are decided.</summary>
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

    /// <summary>Gives what was accepted, unless it is not worth a commit beside the one under way: then the committer ends.</summary>
    /// <param name="committer">Whose turn it is.</param>
    /// <param name="held">How many it has beside, which waited for others' commits.</param>
    /// <param name="requests">An empty list, which is exchanged for one with the requests in order.</param>
    public bool TryTake(int committer, int held, ref List<AppendRequest> requests)
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

    /// <summary>So many requests more, or fewer, are being committed.</summary>
    public void CountUnderWay(int requests)
    {
        lock (_gate)
            _underWay += requests;
    }

    /// <summary>A committer that has nothing to do ends, unless something was accepted meanwhile.</summary>
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

    /// <summary>Lets in who waits, and nobody else; completes when all are decided.</summary>
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

    /// <summary>The committer that is to begin: one when none is at work, and another when as much waits as is under way.</summary>
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
            _waitingBytes -= place.Value.Bytes;
        }

        place.Value.Fail(new OperationCanceledException("The append was taken back before it was accepted.", cancellationToken));
        ThreadPool.UnsafeQueueUserWorkItem(place.Value, preferLocal: false);
    }
}
