namespace Actors.Wal;

/// <summary>
/// Takes a copy of every segment that gets nothing more, before compaction may replace it: with an archive, a store can be
/// restored to any point since it was begun.
/// </summary>
public interface ISegmentArchive
{
    /// <summary>
    /// Stores a segment durably. Called for one segment after the other, in their order; again after it failed and after each
    /// opening of the store, so it does nothing for what it has.
    /// </summary>
    /// <param name="name">The segment's name, such as <c>0000000042.wal</c>.</param>
    /// <param name="path">Its file, which is not changed any more.</param>
    /// <param name="cancellationToken">Cancelled when the store closes.</param>
    /// <exception cref="IOException">It could not be stored: it is tried again when the next segment is full, and compaction waits.</exception>
    ValueTask StoreAsync(string name, string path, CancellationToken cancellationToken);
}
