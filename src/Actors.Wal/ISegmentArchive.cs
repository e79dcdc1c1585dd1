namespace Actors.Wal;

/// <summary>
/// Takes a copy of every sealed segment before compaction may replace it. With an archive, a store can be restored to any point
/// since the archive was begun.
/// </summary>
public interface ISegmentArchive
{
    /// <summary>
    /// Stores a segment durably. Called for one segment at a time, in order. Called again after a failure and after each opening of
    /// the store, so it must do nothing for a segment that it has.
    /// </summary>
    /// <param name="name">The segment's name, such as <c>0000000042.wal</c>.</param>
    /// <param name="path">Its file, which does not change any more.</param>
    /// <param name="cancellationToken">Cancelled when the store closes.</param>
    /// <exception cref="IOException">The segment could not be stored. The store retries after the next segment, and compaction waits.</exception>
    ValueTask StoreAsync(string name, string path, CancellationToken cancellationToken);
}
