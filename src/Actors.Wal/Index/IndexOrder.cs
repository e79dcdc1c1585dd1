namespace Actors.Wal.Index;

/// <summary>Orders the entries of a snapshot as the index has them, so that loading fills each table from one end to the other.</summary>
internal static class IndexOrder
{
    /// <summary>Returns the shard of a hash: its upper six bits. The lower half of the hash gives the place in the shard.</summary>
    public static int ShardOf(ulong hash) => (int)(hash >> (64 - StreamIndex.ShardBits));

    public static int Compare(in IndexEntry left, in IndexEntry right)
    {
        int byShard = ShardOf(left.Hash).CompareTo(ShardOf(right.Hash));
        if (byShard != 0)
            return byShard;
        int byPlace = ((uint)left.Hash).CompareTo((uint)right.Hash);
        if (byPlace != 0)
            return byPlace;
        int byHash = left.Hash.CompareTo(right.Hash);
        return byHash != 0 ? byHash : left.Location.CompareTo(right.Location);
    }
}

/// <summary>A stream's hash and the location of its last frame.</summary>
internal readonly record struct IndexEntry(ulong Hash, ulong Location);
