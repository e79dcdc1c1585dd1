using Actors.Wal.Format;

namespace Actors.Wal.Index;

/// <summary>
/// Where each closed stream's last frame is: 16 bytes per entry in sharded tables. Streams whose hashes collide have
/// an entry each; the reader tells them apart by the full id in the frame. Open streams keep their own head and are
/// written back when they close.
/// </summary>
internal sealed class StreamIndex
{
    private const int ShardBits = 6;

    private readonly IndexShard[] _shards = [.. Enumerable.Range(0, 1 << ShardBits).Select(_ => new IndexShard())];

    public long Count => _shards.Sum(s => (long)s.Count);

    public void Add(ulong hash, FrameLocation head) => Shard(hash).Add(hash, head.Value);

    /// <summary>Moves an entry to a new head; false when there is none at the old one.</summary>
    public bool Replace(ulong hash, FrameLocation oldHead, FrameLocation newHead) => Shard(hash).Replace(hash, oldHead.Value, newHead.Value);

    public bool Remove(ulong hash, FrameLocation head) => Shard(hash).Remove(hash, head.Value);

    /// <summary>The heads of all streams with this hash: nearly always none or one.</summary>
    public IReadOnlyList<FrameLocation> Find(ulong hash) => Shard(hash).Find(hash);

    /// <summary>All heads in the order of their locations, as of the call.</summary>
    public FrameLocation[] Heads()
    {
        var heads = new List<FrameLocation>();
        foreach (IndexShard shard in _shards)
            shard.CopyTo(heads);
        var sorted = heads.ToArray();
        Array.Sort(sorted);
        return sorted;
    }

    private IndexShard Shard(ulong hash) => _shards[hash >> (64 - ShardBits)];
}
