namespace Actors.Wal.Postgres.Upkeep;

/// <summary>Streams of this store that have dropped something since they were last written down.</summary>
internal sealed class TrimList
{
    private readonly Lock _gate = new();
    private Dictionary<long, long> _before = [];

    /// <summary>A stream keeps nothing before a sequence; all of it, for the largest one, when it was deleted.</summary>
    public void Add(long stream, long beforeSeq)
    {
        lock (_gate)
            _before[stream] = beforeSeq;
    }

    public Dictionary<long, long> Take()
    {
        lock (_gate)
        {
            Dictionary<long, long> taken = _before;
            _before = [];
            return taken;
        }
    }
}
