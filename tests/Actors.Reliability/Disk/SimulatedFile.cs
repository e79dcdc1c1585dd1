namespace Actors.Reliability.Disk;

/// <summary>A file's content: the data that reads see, the durable data, and the pending changes.</summary>
internal sealed class SimulatedFile
{
    public const int SectorBytes = 512;

    private readonly SortedDictionary<int, List<byte[]>> _sectors = [];
    private readonly List<long> _lengths = [];

    // Arrays are shared until they are written, because most files of a crashed disk are never written.
    private byte[] _seen = [];
    private byte[] _durable = [];
    private bool _ownsSeen = true;
    private bool _ownsDurable = true;

    // After a failed sync, reads see data that no later sync writes.
    private bool _showsMore;
    private long _durableLength;

    public long LengthBytes { get; private set; }

    /// <summary>The bytes that it occupies.</summary>
    public long AllocatedBytes => _seen.Length;

    /// <summary>Whether the last sync, successful or failed, covers all changes.</summary>
    public bool IsClean => _sectors.Count == 0 && _lengths.Count == 0;

    /// <summary>The content that reads see.</summary>
    public ReadOnlySpan<byte> Seen => _seen.AsSpan(0, (int)LengthBytes);

    /// <summary>Returns a file with durable content.</summary>
    public static SimulatedFile Of(byte[] content)
        => new() { _seen = content, _durable = content, LengthBytes = content.Length, _durableLength = content.Length, _ownsSeen = false, _ownsDurable = false };

    public int Read(Span<byte> buffer, long offset)
    {
        int count = (int)Math.Clamp(LengthBytes - offset, 0, buffer.Length);
        if (count > 0)
            _seen.AsSpan((int)offset, count).CopyTo(buffer);
        return count;
    }

    /// <summary>Returns the bytes by which a write up to this offset enlarges the file.</summary>
    public long GrowthOf(long endBytes) => Math.Max(0, endBytes - _seen.Length);

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        if (bytes.Length == 0)
            return;
        Grow(offset + bytes.Length);
        OwnSeen();
        bytes.CopyTo(_seen.AsSpan((int)offset));
        for (int sector = (int)(offset / SectorBytes); sector * (long)SectorBytes < offset + bytes.Length; sector++)
            NoteSector(sector);
        if (offset + bytes.Length > LengthBytes)
            SetLength(offset + bytes.Length);
    }

    /// <summary>Changes bits as silent damage does. The cached data changes too, as if it were read again.</summary>
    public void Decay(long offset, ReadOnlySpan<byte> change)
    {
        OwnSeen();
        _durable = (byte[])_durable.Clone();
        _ownsDurable = true;
        for (int i = 0; i < change.Length; i++)
        {
            if (offset + i < _seen.Length)
                _seen[offset + i] ^= change[i];
            if (offset + i < _durable.Length)
                _durable[offset + i] ^= change[i];
        }
    }

    public void Allocate(long length)
    {
        Grow(length);
        if (length > LengthBytes)
            SetLength(length);
    }

    public void Truncate(long length)
    {
        if (length == LengthBytes)
            return;
        if (length < LengthBytes)
        {
            OwnSeen();
            _seen.AsSpan((int)length).Clear();
        }
        else
        {
            Grow(length);
        }

        SetLength(length);
    }

    public void Sync()
    {
        if (IsClean)
            return;
        if (_showsMore)
        {
            Persist(static _ => true);
            return;
        }

        _durable = _seen;
        _ownsSeen = _ownsDurable = false;
        _durableLength = LengthBytes;
        _sectors.Clear();
        _lengths.Clear();
    }

    /// <summary>Writes a random part of the pending changes, and forgets the others.</summary>
    public void FailSync(Random random)
    {
        Persist(_ => random.Next(2) == 0);
        _showsMore = true;
    }

    /// <summary>Makes reads see the durable content, unless changes are pending.</summary>
    public void DropCache()
    {
        if (!IsClean)
            return;
        _seen = _durable;
        _ownsSeen = _ownsDurable = false;
        LengthBytes = _durableLength;
        _showsMore = false;
    }

    public void AddPending(List<PendingChange> pending)
    {
        if (_lengths.Count > 0)
            pending.Add(new PendingChange(this, null, _lengths.Count));
        foreach ((int sector, List<byte[]> versions) in _sectors)
            pending.Add(new PendingChange(this, sector, versions.Count));
    }

    /// <summary>Returns the file after a crash of its disk.</summary>
    public SimulatedFile AfterCrash(IEnumerable<Survivor> survivors)
    {
        var crashed = new SimulatedFile { _durable = _durable, _ownsDurable = false, _durableLength = _durableLength };
        _ownsDurable = false;
        foreach (Survivor survivor in survivors)
        {
            if (survivor.Change.Sector is { } sector)
                crashed.Keep(sector, _sectors[sector][survivor.Version - 1], survivor.TornAt);
            else
                crashed._durableLength = _lengths[survivor.Version - 1];
        }

        crashed.EndAtLength();
        crashed._seen = crashed._durable;
        crashed._ownsSeen = crashed._ownsDurable = false;
        crashed.LengthBytes = crashed._durableLength;
        return crashed;
    }

    /// <summary>Writes only the chosen pending changes, and forgets the others.</summary>
    private void Persist(Func<PendingChange, bool> isWritten)
    {
        var pending = new List<PendingChange>();
        AddPending(pending);
        SimulatedFile written = AfterCrash(pending.Where(isWritten).Select(p => new Survivor(p, p.Versions)));
        _durable = written._durable;
        _ownsDurable = false;
        _durableLength = written._durableLength;
        _sectors.Clear();
        _lengths.Clear();
    }

    private void Keep(int sector, byte[] content, int tornAt)
    {
        int start = sector * SectorBytes;
        if (!_ownsDurable || _durable.Length < start + SectorBytes)
        {
            var larger = new byte[Math.Max(_durable.Length, start + SectorBytes)];
            _durable.CopyTo(larger, 0);
            _durable = larger;
            _ownsDurable = true;
        }

        Span<byte> old = _durable.AsSpan(start, SectorBytes);
        if (tornAt >= 0)
            content.AsSpan(0, tornAt == 0 ? SectorBytes : tornAt).CopyTo(old);
        else
            content.AsSpan(SectorBytes + tornAt).CopyTo(old[(SectorBytes + tornAt)..]);
    }

    /// <summary>Removes data beyond the length, so that later growth reads as zeros, and extends the array to the length.</summary>
    private void EndAtLength()
    {
        int length = RoundUp(_durableLength);
        bool dirty = _durable.Length > _durableLength && _durable.AsSpan((int)_durableLength).IndexOfAnyExcept((byte)0) >= 0;
        if (_durable.Length == length && !dirty)
            return;
        var exact = new byte[length];
        _durable.AsSpan(0, (int)Math.Min(_durable.Length, _durableLength)).CopyTo(exact);
        _durable = exact;
        _ownsDurable = true;
    }

    private void NoteSector(int sector)
    {
        ReadOnlySpan<byte> now = _seen.AsSpan(sector * SectorBytes, SectorBytes);
        if (!_sectors.TryGetValue(sector, out List<byte[]>? versions))
        {
            // A write that does not change the durable bytes need not be pending.
            int start = sector * SectorBytes;
            bool same = start + SectorBytes <= _durable.Length
                ? now.SequenceEqual(_durable.AsSpan(start, SectorBytes))
                : now.IndexOfAnyExcept((byte)0) < 0;
            if (same)
                return;
            _sectors.Add(sector, versions = []);
        }

        versions.Add(now.ToArray());
    }

    private void SetLength(long length)
    {
        LengthBytes = length;
        _lengths.Add(length);
    }

    private void Grow(long length)
    {
        if (length <= _seen.Length)
            return;
        var larger = new byte[RoundUp(length)];
        _seen.CopyTo(larger, 0);
        _seen = larger;
        _ownsSeen = true;
    }

    private void OwnSeen()
    {
        if (_ownsSeen)
            return;
        _seen = (byte[])_seen.Clone();
        _ownsSeen = true;
    }

    private static int RoundUp(long length) => (int)((length + SectorBytes - 1) / SectorBytes * SectorBytes);
}
