using Actors.Wal.Postgres.Streams;

namespace Actors.Wal.Postgres.Upkeep;

/// <summary>Rows that streams of this store no longer need, and that are not noted in the database yet.</summary>
internal sealed class TrimList
{
    private readonly Lock _gate = new();
    private Dictionary<long, long> _before = [];
    private HashSet<(long Stream, RowKey Fence)> _fences = [];

    /// <summary>Adds a stream that keeps nothing before a sequence; <see cref="long.MaxValue"/> if the stream was deleted.</summary>
    public void Add(long stream, long beforeSeq)
    {
        lock (_gate)
            _before[stream] = Math.Max(beforeSeq, _before.GetValueOrDefault(stream));
    }

    /// <summary>Adds a fence that has a row behind it, or whose owner closes a stream that it never wrote to.</summary>
    public void AddFence(long stream, RowKey fence)
    {
        lock (_gate)
            _fences.Add((stream, fence));
    }

    public (Dictionary<long, long> Before, HashSet<(long Stream, RowKey Fence)> Fences) Take()
    {
        lock (_gate)
        {
            (Dictionary<long, long>, HashSet<(long, RowKey)>) taken = (_before, _fences);
            _before = [];
            _fences = [];
            return taken;
        }
    }
}
