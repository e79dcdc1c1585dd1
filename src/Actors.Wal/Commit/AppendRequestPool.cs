namespace Actors.Wal.Commit;

/// <summary>Requests that are free, as a linked list: renting and returning allocate nothing once it has filled.</summary>
internal sealed class AppendRequestPool
{
    private const int MaxFree = 16 * 1024;

    private readonly Lock _gate = new();
    private AppendRequest? _free;
    private int _count;

    public AppendRequest Rent()
    {
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

    public void Return(AppendRequest request)
    {
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
