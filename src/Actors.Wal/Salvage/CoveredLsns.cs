namespace Actors.Wal.Salvage;

/// <summary>The LSNs whose records were found, or are known to have been dropped by compaction.</summary>
internal sealed class CoveredLsns
{
    private readonly List<(Lsn First, Lsn Last)> _ranges = [];

    /// <summary>Adds LSNs, both ends included.</summary>
    public void Add(Lsn first, Lsn last)
    {
        if (last < first)
            return;
        if (_ranges is [.., var before] && before.Last.Next == first)
            _ranges[^1] = (before.First, last);
        else
            _ranges.Add((first, last));
    }

    /// <summary>Returns the LSNs from 1 to the last one that were not added.</summary>
    public IEnumerable<(Lsn First, Lsn Last)> Missing(Lsn last)
    {
        _ranges.Sort();
        Lsn next = new(1);
        foreach ((Lsn first, Lsn end) in _ranges)
        {
            if (first > last)
                break;
            if (first > next)
                yield return (next, new Lsn(first.Value - 1));
            if (end >= next)
                next = end.Next;
        }

        if (next <= last)
            yield return (next, last);
    }
}
