using Actors.Wal.Format;

namespace Actors.Wal.Index;

/// <summary>One open-addressing table with linear probing and backward-shift deletion. A location is never 0, so 0 marks a free slot.</summary>
internal sealed class IndexShard
{
    private const int InitialSlots = 15;

    // The table of an empty shard: a look-up needs at least one free slot.
    private static readonly Entry[] NoSlots = new Entry[1];

    private readonly Lock _gate = new();
    private Entry[] _slots = NoSlots;
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Add(ulong hash, ulong location)
    {
        lock (_gate)
        {
            // The table grows by a third when it is 7/8 full. It is never less than 21/32 full, so an entry takes at most 24.4 bytes.
            if ((_count + 1) * 8L > _slots.Length * 7L)
                Resize(Math.Max(InitialSlots, _slots.Length / 3 * 4));
            Insert(hash, location);
            _count++;
        }
    }

    public void Add(ReadOnlySpan<IndexEntry> entries)
    {
        lock (_gate)
        {
            if ((_count + entries.Length) * 8L > _slots.Length * 7L)
                Resize(checked((int)((_count + entries.Length) * 4L / 3 + InitialSlots)));
            foreach (IndexEntry entry in entries)
                Insert(entry.Hash, entry.Location);
            _count += entries.Length;
        }
    }

    public bool Replace(ulong hash, ulong oldLocation, ulong newLocation)
    {
        lock (_gate)
        {
            int slot = Locate(hash, oldLocation);
            if (slot < 0)
                return false;
            _slots[slot].Location = newLocation;
            return true;
        }
    }

    public bool Remove(ulong hash, ulong location)
    {
        lock (_gate)
        {
            int slot = Locate(hash, location);
            if (slot < 0)
                return false;
            CloseGap(slot);
            _count--;
            return true;
        }
    }

    public IReadOnlyList<FrameLocation> Find(ulong hash)
    {
        lock (_gate)
        {
            FrameLocation? first = null;
            List<FrameLocation>? several = null;
            for (int slot = Home(hash); _slots[slot].Location != 0; slot = Next(slot))
            {
                if (_slots[slot].Hash != hash)
                    continue;
                var location = new FrameLocation(_slots[slot].Location);
                if (first is null)
                    first = location;
                else
                    (several ??= [first.Value]).Add(location);
            }

            return several ?? (first is { } one ? [one] : (IReadOnlyList<FrameLocation>)[]);
        }
    }

    public void CopyTo(List<IndexEntry> entries)
    {
        lock (_gate)
        {
            foreach (Entry entry in _slots)
            {
                if (entry.Location != 0)
                    entries.Add(new IndexEntry(entry.Hash, entry.Location));
            }
        }
    }

    public void CopyTo(List<FrameLocation> heads, ulong from, ulong to)
    {
        lock (_gate)
        {
            foreach (Entry entry in _slots)
            {
                if (entry.Location >= from && entry.Location <= to)
                    heads.Add(new FrameLocation(entry.Location));
            }
        }
    }

    /// <summary>Counts the heads from one location to another, in ranges of equal width.</summary>
    public void CountInto(Span<long> ranges, ulong from, ulong to, ulong width)
    {
        lock (_gate)
        {
            foreach (Entry entry in _slots)
            {
                if (entry.Location != 0 && entry.Location >= from && entry.Location <= to)
                    ranges[(int)((entry.Location - from) / width)]++;
            }
        }
    }

    /// <summary>Makes room for a number of entries at once, for a table that is filled from a file.</summary>
    public void Reserve(int entries)
    {
        if (entries == 0)
            return;
        lock (_gate)
        {
            int slots = checked((int)(entries * 4L / 3 + InitialSlots));
            if (slots > _slots.Length)
                Resize(slots);
        }
    }

    // Scales the lower half of the hash to the table: entries in that order fill the table from its beginning to its end.
    private int Home(ulong hash) => (int)(((hash & uint.MaxValue) * (ulong)_slots.Length) >> 32);

    private int Next(int slot) => slot + 1 == _slots.Length ? 0 : slot + 1;

    /// <summary>Returns the number of steps from one slot to another, around the end.</summary>
    private int Distance(int from, int to) => to >= from ? to - from : to - from + _slots.Length;

    private int Locate(ulong hash, ulong location)
    {
        for (int slot = Home(hash); _slots[slot].Location != 0; slot = Next(slot))
        {
            if (_slots[slot].Hash == hash && _slots[slot].Location == location)
                return slot;
        }

        return -1;
    }

    private void Insert(ulong hash, ulong location)
    {
        int slot = Home(hash);
        while (_slots[slot].Location != 0)
            slot = Next(slot);
        _slots[slot] = new Entry { Hash = hash, Location = location };
    }

    private void CloseGap(int gap)
    {
        for (int slot = Next(gap); _slots[slot].Location != 0; slot = Next(slot))
        {
            // An entry may move into the gap unless its home lies behind the gap.
            if (Distance(Home(_slots[slot].Hash), slot) < Distance(gap, slot))
                continue;
            _slots[gap] = _slots[slot];
            gap = slot;
        }

        _slots[gap] = default;
    }

    private void Resize(int slots)
    {
        Entry[] old = _slots;
        _slots = new Entry[slots];
        foreach (Entry entry in old)
        {
            if (entry.Location != 0)
                Insert(entry.Hash, entry.Location);
        }
    }

    private struct Entry
    {
        public ulong Hash;
        public ulong Location;
    }
}
