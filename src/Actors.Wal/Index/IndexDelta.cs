using Actors.Wal.Format;

namespace Actors.Wal.Index;

/// <summary>Collects the changes that the frames of some segments make to the index of the segments before.</summary>
internal sealed class IndexDelta : IFrameSink
{
    private const int ManyStreams = 65_536;

    // From the location of a stream's last frame so far to the stream's hash and its location in the old index, or 0.
    private readonly Dictionary<ulong, IndexEntry> _heads = [];

    // From a location in the old index to the stream's last frame now, or 0 when the stream was deleted.
    private readonly Dictionary<ulong, ulong> _moved = [];

    public bool Apply(in FrameHeader frame, FrameLocation location, ReadOnlyMemory<byte> bytes)
    {
        if (frame.Previous is not { } previous)
        {
            _heads.Add(location.Value, new IndexEntry(frame.StreamHash, 0));
            return frame.Kind != LogRecordKind.Deletion;
        }

        ulong old = _heads.Remove(previous.Value, out IndexEntry known) ? known.Location : previous.Value;
        if (frame.Kind != LogRecordKind.Deletion)
            _heads.Add(location.Value, new IndexEntry(frame.StreamHash, old));
        else if (old != 0)
            return _moved.TryAdd(old, 0);
        return true;
    }

    /// <summary>Clears all changes. Small dictionaries keep their memory for the next use.</summary>
    public void Clear()
    {
        Clear(_heads);
        Clear(_moved);
    }

    /// <summary>Writes the old entries with the changes applied.</summary>
    /// <returns>Whether every change matched an old entry, and all old entries were valid.</returns>
    public bool Merge(SnapshotReader old, SnapshotWriter writer)
    {
        var created = new List<IndexEntry>();
        foreach ((ulong head, IndexEntry entry) in _heads)
        {
            if (entry.Location == 0)
                created.Add(new IndexEntry(entry.Hash, head));
            else if (!_moved.TryAdd(entry.Location, head))
                return false;
        }

        var merged = new OrderedMerge(created, writer);
        while (old.TryNext(out IndexEntry entry))
        {
            if (!_moved.Remove(entry.Location, out ulong head))
                merged.Take(entry);
            else if (head != 0)
                merged.Take(entry with { Location = head });
        }

        merged.Finish();
        return _moved.Count == 0 && old.IsComplete;
    }

    private static void Clear<T>(Dictionary<ulong, T> streams)
    {
        streams.Clear();
        if (streams.Capacity > ManyStreams)
            streams.TrimExcess();
    }

    /// <summary>
    /// Merges changed entries and created ones in the order of a snapshot. Changed entries come in this order, except that streams of
    /// the same hash may have changed places; the entries of one hash are therefore collected and sorted.
    /// </summary>
    private sealed class OrderedMerge
    {
        private readonly List<IndexEntry> _created;
        private readonly List<IndexEntry> _sameHash = [];
        private readonly SnapshotWriter _writer;
        private int _next;

        public OrderedMerge(List<IndexEntry> created, SnapshotWriter writer)
        {
            created.Sort(static (a, b) => IndexOrder.Compare(a, b));
            _created = created;
            _writer = writer;
        }

        public void Take(in IndexEntry entry)
        {
            if (_sameHash.Count > 0 && _sameHash[0].Hash != entry.Hash)
                WriteOut();
            while (_next < _created.Count && _created[_next].Hash != entry.Hash && IndexOrder.Compare(_created[_next], entry) < 0)
                _writer.Add(_created[_next++]);
            while (_next < _created.Count && _created[_next].Hash == entry.Hash)
                _sameHash.Add(_created[_next++]);
            _sameHash.Add(entry);
        }

        public void Finish()
        {
            WriteOut();
            while (_next < _created.Count)
                _writer.Add(_created[_next++]);
        }

        private void WriteOut()
        {
            if (_sameHash.Count > 1)
                _sameHash.Sort(static (a, b) => IndexOrder.Compare(a, b));
            foreach (IndexEntry entry in _sameHash)
                _writer.Add(entry);
            _sameHash.Clear();
        }
    }
}
