namespace Actors.Orleans.TestKit.Disk;

/// <summary>A file's content as reads see it, and its synced content. Pages that hold only zeros take no memory.</summary>
internal sealed class MemoryFile
{
    private const int PageBytes = 4096;

    private readonly Dictionary<long, byte[]> _seen = [];
    private readonly Dictionary<long, byte[]> _durable = [];
    private readonly HashSet<long> _unsynced = [];
    private long _durableLength;

    public long LengthBytes { get; private set; }

    public int Read(Span<byte> buffer, long offsetBytes)
    {
        int count = (int)Math.Clamp(LengthBytes - offsetBytes, 0, buffer.Length);
        for (int done = 0; done < count;)
        {
            (long page, int start, int length) = PartAt(offsetBytes + done, count - done);
            Span<byte> target = buffer.Slice(done, length);
            if (_seen.TryGetValue(page, out byte[]? content))
                content.AsSpan(start, length).CopyTo(target);
            else
                target.Clear();
            done += length;
        }

        return count;
    }

    public void Write(ReadOnlySpan<byte> bytes, long offsetBytes)
    {
        LengthBytes = Math.Max(LengthBytes, offsetBytes + bytes.Length);
        for (int done = 0; done < bytes.Length;)
        {
            (long page, int start, int length) = PartAt(offsetBytes + done, bytes.Length - done);
            ReadOnlySpan<byte> part = bytes.Slice(done, length);
            done += length;
            if (!_seen.TryGetValue(page, out byte[]? content))
            {
                if (part.IndexOfAnyExcept((byte)0) < 0)
                    continue;
                _seen.Add(page, content = new byte[PageBytes]);
            }

            part.CopyTo(content.AsSpan(start));
            _unsynced.Add(page);
        }
    }

    public void Grow(long lengthBytes) => LengthBytes = Math.Max(LengthBytes, lengthBytes);

    public void Truncate(long lengthBytes)
    {
        // If the file grows again, the new bytes read as zeros.
        foreach (long page in _seen.Keys.Where(p => (p + 1) * PageBytes > lengthBytes).ToList())
        {
            _seen[page].AsSpan((int)Math.Max(0, lengthBytes - (page * PageBytes))).Clear();
            _unsynced.Add(page);
        }

        LengthBytes = Math.Min(LengthBytes, lengthBytes);
    }

    public void Sync()
    {
        foreach (long page in _unsynced)
            _durable[page] = [.. _seen[page]];
        _unsynced.Clear();
        _durableLength = LengthBytes;
    }

    /// <summary>Returns the file as it is after a crash.</summary>
    /// <param name="chance">Chooses which unsynced pages survive, and whether the unsynced length does; null for none.</param>
    public MemoryFile AfterCrash(Random? chance)
    {
        var crashed = new MemoryFile { LengthBytes = chance?.Next(2) == 0 ? LengthBytes : _durableLength };
        var survivors = new Dictionary<long, byte[]>(_durable);
        foreach (long page in _unsynced.Order())
        {
            if (chance?.Next(2) == 0)
                survivors[page] = _seen[page];
        }

        foreach ((long page, byte[] content) in survivors)
            crashed._seen.Add(page, [.. content]);
        crashed.Truncate(crashed.LengthBytes);
        crashed._unsynced.UnionWith(crashed._seen.Keys);
        crashed.Sync();
        return crashed;
    }

    private static (long Page, int Start, int Length) PartAt(long offsetBytes, int most)
    {
        int start = (int)(offsetBytes % PageBytes);
        return (offsetBytes / PageBytes, start, Math.Min(PageBytes - start, most));
    }
}
