using Actors.Wal.Format;

namespace Actors.Wal.Index;

/// <summary>
/// Finds the heads of some ranks without sorting all of them. It counts the heads in ranges of locations, and divides a range that the
/// wanted ranks fall into, until it holds few enough heads to be copied and sorted.
/// </summary>
/// <param name="count">Counts the heads from a location to another, in <see cref="Ranges"/> ranges of a width.</param>
/// <param name="copy">Adds the heads from a location to another to a list.</param>
internal sealed class HeadRanking(Func<ulong, ulong, ulong, long[]> count, Action<List<FrameLocation>, ulong, ulong> copy)
{
    /// <summary>How many ranges are counted at once.</summary>
    public const int Ranges = 4096;

    private const int MostCopied = 16 * 1024;

    private readonly List<FrameLocation> _found = [];
    private long _skip;
    private int _take;

    /// <summary>Returns heads in descending order of their locations.</summary>
    /// <param name="from">The least location.</param>
    /// <param name="to">The greatest location.</param>
    /// <param name="skip">How many greater heads come before them.</param>
    /// <param name="take">The most heads to return.</param>
    public IReadOnlyList<FrameLocation> Newest(ulong from, ulong to, long skip, int take)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(skip);
        ArgumentOutOfRangeException.ThrowIfNegative(take);
        (_skip, _take) = (skip, take);
        Find(from, to);
        return _found;
    }

    private void Find(ulong from, ulong to)
    {
        ulong width = (to - from) / Ranges + 1;
        long[] ranges = count(from, to, width);
        int high = Ranges - 1;
        while (high >= 0 && _take > 0)
        {
            if (ranges[high] <= _skip)
            {
                _skip -= ranges[high--];
                continue;
            }

            int low = high;
            long heads = ranges[high];
            while (low > 0 && heads < _skip + _take && heads + ranges[low - 1] <= MostCopied)
                heads += ranges[--low];
            ulong start = from + (ulong)low * width;
            ulong end = from + (ulong)high * width + (width - 1);
            if (heads <= MostCopied || width == 1)
                Take(start, end);
            else
                Find(start, end);
            high = low - 1;
        }
    }

    private void Take(ulong from, ulong to)
    {
        var heads = new List<FrameLocation>();
        copy(heads, from, to);
        heads.Sort(static (a, b) => b.CompareTo(a));
        int start = (int)Math.Min(_skip, heads.Count);
        int taken = Math.Min(_take, heads.Count - start);
        _found.AddRange(heads.GetRange(start, taken));
        _skip -= start;
        _take -= taken;
    }
}
