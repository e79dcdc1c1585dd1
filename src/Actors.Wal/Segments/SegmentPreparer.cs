using Actors.Wal.Storage;

namespace Actors.Wal.Segments;

/// <summary>
/// Prepares one segment file. While a file grows, each flush must also write its metadata; if its space was only reserved, each
/// flush still writes some metadata. Zeros written ahead of time avoid that, but cost as much as the batches themselves. They pay
/// off while batches are small.
/// </summary>
internal static class SegmentPreparer
{
    private const int ChunkBytes = 1024 * 1024;

    // Flushed in pieces, so that a commit's own flush never waits behind a whole segment of zeros.
    private const int SyncEveryBytes = 4 * 1024 * 1024;

    private static readonly byte[] Zeros = new byte[ChunkBytes];

    /// <summary>Creates, fills and syncs the file and its name. On an error nothing is left behind, if the file can be deleted.</summary>
    /// <param name="storage">The store's storage.</param>
    /// <param name="number">The segment's number.</param>
    /// <param name="segmentBytes">Its length in bytes.</param>
    /// <param name="fill">Whether zeros are written. If not, space is only reserved, where the file system can do that.</param>
    /// <param name="again">Whether an attempt failed before and may have left the file.</param>
    /// <exception cref="StoreFullException">There is no space for it, or the process lacks file handles or memory.</exception>
    public static PreparedSegment Prepare(IStorage storage, uint number, long segmentBytes, bool fill, bool again)
    {
        string path = SegmentFiles.SegmentPath(number);
        IStorageFile? file = null;
        try
        {
            if (again && storage.Exists(path))
                storage.Delete(path);
            file = storage.Open(path, StorageAccess.CreateNew);
            if (!file.Allocate(segmentBytes) || fill)
                Fill(file, segmentBytes);
            file.SyncData();
            storage.SyncDirectory(SegmentFiles.SegmentDirectory);
            return new PreparedSegment(number, segmentBytes, file);
        }
        catch (IOException e)
        {
            file?.Dispose();
            if (file is not null)
                TryDelete(storage, path);
            if (StorageErrors.IsShortage(e))
                throw new StoreFullException($"Segment {number} can't be created in '{storage.Root}': {e.Message} Nothing was written. Raise the limit of open files (ulimit -n) or free memory; appends go on by themselves.", e);
            if (!StorageErrors.IsFull(e))
                throw;
            throw new StoreFullException(
                $"There is no room for segment {number} ({segmentBytes} bytes) in '{storage.Root}'. Nothing was written. Free space; appends go on by themselves once there is room.", e);
        }
    }

    private static void Fill(IStorageFile file, long segmentBytes)
    {
        for (long offset = 0; offset < segmentBytes; offset += ChunkBytes)
        {
            if (offset > 0 && offset % SyncEveryBytes == 0)
                file.SyncData();
            file.Write(Zeros.AsSpan(0, (int)Math.Min(ChunkBytes, segmentBytes - offset)), offset);
        }
    }

    private static void TryDelete(IStorage storage, string path)
    {
        try
        {
            storage.Delete(path);
        }
        catch (IOException)
        {
            // The first error is the one to report; the next attempt deletes the file.
        }
    }
}
