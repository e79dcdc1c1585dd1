using System.Threading.Channels;

namespace Actors.Wal.Postgres.Commit;

/// <summary>Appends that wait for the next commit. Their bytes are bounded: who comes when it is full waits for room.</summary>
internal sealed class AppendQueue(long capacityBytes)
{
    private readonly Channel<AppendRequest> _requests = Channel.CreateUnbounded<AppendRequest>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock _gate = new();
    private readonly Queue<(TaskCompletionSource Room, int Bytes)> _waiting = new();
    private long _pending;

    public ChannelReader<AppendRequest> Requests => _requests.Reader;

    public long PendingBytes => Interlocked.Read(ref _pending);

    public int WaitingCount
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <exception cref="StoreClosedException">The store is closed.</exception>
    public async ValueTask SubmitAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        Task? room = null;
        lock (_gate)
        {
            // Whoever comes later waits behind those who wait; a request larger than all is let in alone.
            if (_waiting.Count > 0 || (_pending > 0 && _pending + request.Bytes > capacityBytes))
            {
                var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting.Enqueue((waiter, request.Bytes));
                room = waiter.Task;
            }
            else
            {
                Enqueue(request);
            }
        }

        if (room is null)
            return;
        await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (_gate)
            Enqueue(request);
    }

    /// <summary>Requests of so many bytes are decided.</summary>
    public void Release(long bytes)
    {
        lock (_gate)
        {
            _pending -= bytes;
            long granted = 0;
            while (_waiting.TryPeek(out (TaskCompletionSource Room, int Bytes) next) && (_pending + granted == 0 || _pending + granted + next.Bytes <= capacityBytes))
            {
                _waiting.Dequeue();
                granted += next.Bytes;
                next.Room.TrySetResult();
            }
        }
    }

    public void Close() => _requests.Writer.TryComplete();

    private void Enqueue(AppendRequest request)
    {
        if (!_requests.Writer.TryWrite(request))
            throw new StoreClosedException("The store is closed; nothing was written.");
        _pending += request.Bytes;
    }
}
