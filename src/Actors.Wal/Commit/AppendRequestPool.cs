namespace Actors.Wal.Commit;

/// <summary>
/// The pool of free requests. A thread that reads a result usually appends next, so each thread keeps a few for itself.
/// Further free requests are in a list that all threads share.
/// </summary>
internal sealed class AppendRequestPool
{
    private const int MaxFree = 16 * 1024;
    private const int MaxFreePerThread = 32;

    [ThreadStatic]
    private static Stack<AppendRequest>? _own;

    private readonly Lock _gate = new();
    private AppendRequest? _free;
    private int _count;

    public AppendRequest Rent()
    {
        if (_own is { } own && own.TryPeek(out AppendRequest? latest) && latest.Pool == this)
            return own.Pop();
        lock (_gate)
        {
            if (_free is { } request)
            {
                _free = request.NextFree;
                request.NextFree = null;
                _count--;
                return request;
            }
        }

        return new AppendRequest(this);
    }

    /// <summary>Returns a request that writes nothing, and completes when everything accepted before it is acknowledged under a policy.</summary>
    public AppendRequest RentBarrier(SyncPolicy sync)
    {
        AppendRequest request = Rent();
        request.Kind = AppendKind.Barrier;
        request.Sync = sync;
        return request;
    }

    public void Return(AppendRequest request)
    {
        Stack<AppendRequest> own = _own ??= new Stack<AppendRequest>(MaxFreePerThread);
        if (own.TryPeek(out AppendRequest? latest) && latest.Pool != this)
            own.Clear(); // they belong to another store, which may be closed
        if (own.Count < MaxFreePerThread)
        {
            own.Push(request);
            return;
        }

        lock (_gate)
        {
            if (_count >= MaxFree)
                return;
            request.NextFree = _free;
            _free = request;
            _count++;
        }
    }
}
