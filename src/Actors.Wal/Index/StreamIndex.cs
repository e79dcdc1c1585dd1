using System.Runtime.InteropServices;
using Actors.Wal.Format;

namespace Actors.Wal.Index;

/// <summary>
/// Maps each closed stream to the location of its last frame, with 16 bytes per entry in sharded tables. Streams with the same
/// hash have an entry each; the reader tells them apart by the full id in the frame. Open streams keep their own head and are
/// written back when they close.
/// </summary>
internal sealed class StreamIndex : IFrameSink
{
    public const int ShardBits = 6;

    private readonly IndexShard[] _shards = [.. Enumerable.Range(0, 1 << ShardBits).Select(_ => new IndexShard())];

    public long Count => _shards.Sum(s => (long)s.Count);

    public void Add(ulong hash, FrameLocation head) => Shard(hash).Add(hash, head.Value);

    /// <summary>Moves an entry to a new head. Returns false when there is no entry at the old one.</summary>
    public bool Replace(ulong hash, FrameLocation oldHead, FrameLocation newHead) => Shard(hash).Replace(hash, oldHead.Value, newHead.Value);

    public bool Remove(ulong hash, FrameLocation head) => Shard(hash).Remove(hash, head.Value);

    /// <summary>The heads of all streams with this hash: nearly always none or one.</summary>
    public IReadOnlyList<FrameLocation> Find(ulong hash) => Shard(hash).Find(hash);

    /// <summary>All heads in the order of their locations, as of the call.</summary>
    public IndexEntry[] Heads()
    {
        var heads = new List<IndexEntry>();
        foreach (IndexShard shard in _shards)
            shard.CopyTo(heads);
        var sorted = heads.ToArray();
        Array.Sort(sorted, static (a, b) => a.Location.CompareTo(b.Location));
        return sorted;
    }

    /// <summary>The heads within some segments, in the order of their locations, as of the call.</summary>
    public IReadOnlyList<FrameLocation> HeadsBetween(uint firstSegment, uint lastSegment)
    {
        var heads = new List<FrameLocation>();
        CopyTo(heads, new FrameLocation(firstSegment, 0).Value, ((ulong)lastSegment << 32) | uint.MaxValue);
        heads.Sort();
        return heads;
    }

    /// <summary>
    /// A page of the heads, the last written ones first. The table is read a few times, and little more than the page is held in memory,
    /// however many streams there are. Heads that move meanwhile may be missing.
    /// </summary>
    public IReadOnlyList<FrameLocation> Newest(uint firstSegment, uint lastSegment, long skip, int take)
        => new HeadRanking(CountRanges, CopyTo).Newest(new FrameLocation(firstSegment, 0).Value, ((ulong)lastSegment << 32) | uint.MaxValue, skip, take);

    /// <summary>Applies a frame that recovery found: it becomes its stream's last one.</summary>
    public bool Apply(in FrameHeader frame, FrameLocation location, ReadOnlyMemory<byte> bytes)
    {
        if (frame.Previous is not { } previous)
        {
            Add(frame.StreamHash, location);
            return frame.Kind != LogRecordKind.Deletion;
        }

        return frame.Kind == LogRecordKind.Deletion
            ? Remove(frame.StreamHash, previous)
            : Replace(frame.StreamHash, previous, location);
    }

    /// <summary>Fills an empty index from a snapshot.</summary>
    /// <returns>Whether the snapshot was valid to its end. If not, the index must not be used.</returns>
    public bool Load(SnapshotReader snapshot)
    {
        foreach (IndexShard shard in _shards)
            shard.Reserve((int)Math.Min(int.MaxValue / 2, snapshot.Header.Entries / _shards.Length));
        var sameShard = new List<IndexEntry>();
        while (snapshot.TryNext(out IndexEntry entry))
        {
            if (sameShard.Count == IndexSnapshotHeader.EntriesPerBlock || (sameShard.Count > 0 && IndexOrder.ShardOf(sameShard[0].Hash) != IndexOrder.ShardOf(entry.Hash)))
                Add(sameShard);
            sameShard.Add(entry);
        }

        Add(sameShard);
        return snapshot.IsComplete;
    }

    /// <summary>Writes all entries in the order of a snapshot.</summary>
    public void WriteTo(SnapshotWriter writer)
    {
        var entries = new List<IndexEntry>();
        foreach (IndexShard shard in _shards)
        {
            entries.Clear();
            shard.CopyTo(entries);
            entries.Sort(static (a, b) => IndexOrder.Compare(a, b));
            foreach (IndexEntry entry in entries)
                writer.Add(entry);
        }
    }

    private long[] CountRanges(ulong from, ulong to, ulong width)
    {
        var ranges = new long[HeadRanking.Ranges];
        foreach (IndexShard shard in _shards)
            shard.CountInto(ranges, from, to, width);
        return ranges;
    }

    private void CopyTo(List<FrameLocation> heads, ulong from, ulong to)
    {
        foreach (IndexShard shard in _shards)
            shard.CopyTo(heads, from, to);
    }

    private void Add(List<IndexEntry> sameShard)
    {
        if (sameShard.Count > 0)
            Shard(sameShard[0].Hash).Add(CollectionsMarshal.AsSpan(sameShard));
        sameShard.Clear();
    }

    private IndexShard Shard(ulong hash) => _shards[hash >> (64 - ShardBits)];
}
