namespace Actors.Wal.Commit;

/// <summary>
/// The queue of appends that wait for room. Their bytes are bounded, and their callers can take them back. Guarded by the append
/// queue's lock; only <see cref="LetTakeBack"/> is called without it.
/// </summary>
/// <param name="gate">The append queue's lock.</param>
/// <param name="mostBytes">The most bytes that may wait; a single append may take more.</param>
internal sealed class WaitingAppends(object gate, long mostBytes)
{
    private readonly LinkedList<WaitingAppend> _appends = new();
    private long _bytes;

    /// <summary>Receives a request that was taken back. Called without the lock.</summary>
    public required Action<AppendRequest> TakenBack { get; init; }

    public int Count => _appends.Count;

    public AppendRequest? First => _appends.First?.Value.Request;

    public StoreOverloadedException? Refuse(AppendRequest request)
        => _bytes > 0 && _bytes + FrameEncoder.SizeOf(request) > mostBytes ? new StoreOverloadedException(_bytes, mostBytes) : null;

    public WaitingAppend Add(AppendRequest request)
    {
        var waiting = new WaitingAppend(request, FrameEncoder.SizeOf(request));
        waiting.Place = _appends.AddLast(waiting);
        _bytes += waiting.Bytes;
        return waiting;
    }

    public AppendRequest RemoveFirst()
    {
        WaitingAppend first = _appends.First!.Value;
        Remove(first);
        return first.Request;
    }

    public List<AppendRequest> RemoveAll()
    {
        var removed = new List<AppendRequest>(Count);
        while (Count > 0)
            removed.Add(RemoveFirst());
        return removed;
    }

    /// <summary>Takes the append back when its caller cancels while it waits.</summary>
    public void LetTakeBack(WaitingAppend waiting, CancellationToken cancellationToken)
    {
        CancellationTokenRegistration cancellation = cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var (appends, waiting) = ((WaitingAppends, WaitingAppend))state!;
                appends.TakeBack(waiting, token);
            },
            (this, waiting));
        lock (gate)
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
        lock (gate)
        {
            if (!Remove(waiting))
                return;
        }

        waiting.Request.Fail(new OperationCanceledException("The append was cancelled while it waited for room; nothing was written.", cancellationToken));
        TakenBack(waiting.Request);
    }

    /// <returns>False if the append no longer waits.</returns>
    private bool Remove(WaitingAppend waiting)
    {
        if (waiting.Place is not { } place)
            return false;
        waiting.Place = null;
        _appends.Remove(place);
        _bytes -= waiting.Bytes;
        waiting.Cancellation.Unregister();
        return true;
    }
}

/// <summary>An append that waits for room.</summary>
internal sealed class WaitingAppend(AppendRequest request, long bytes)
{
    public AppendRequest Request => request;

    public long Bytes => bytes;

    /// <summary>The place in the queue; null when the append no longer waits.</summary>
    public LinkedListNode<WaitingAppend>? Place { get; set; }

    /// <summary>Withdraws the append when its caller cancels.</summary>
    public CancellationTokenRegistration Cancellation { get; set; }
}
