using System.Threading.Channels;

namespace Actors.Wal.Postgres.Commit;

/// <summary>
/// Appends that wait for the next commit. Their bytes are bounded: who comes when it is full waits for room, and is let in in the
/// order of coming.
/// </summary>
internal sealed class AppendQueue(long capacityBytes)
{
    private readonly Channel<AppendRequest> _requests = Channel.CreateUnbounded<AppendRequest>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock _gate = new();
    private readonly LinkedList<AppendRequest> _waiting = new();
    private long _pending;
    private bool _closed;

    public ChannelReader<AppendRequest> Requests => _requests.Reader;

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
        LinkedListNode<AppendRequest> place;
        lock (_gate)
        {
            if (_closed)
                throw new StoreClosedException("The store is closed; nothing was written.");
            if (_waiting.Count == 0 && HasRoomFor(request))
            {
                Accept(request);
                return request.Task;
            }

            place = _waiting.AddLast(request);
        }

        return WaitAsync(place, cancellationToken);
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

            if (_closed && _waiting.Count == 0)
                _requests.Writer.TryComplete();
        }
    }

    /// <summary>Lets in who waits, and nobody else.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            if (_waiting.Count == 0)
                _requests.Writer.TryComplete();
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
        _requests.Writer.TryWrite(request);
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
