using Actors.Wal.Storage;

namespace Actors.Wal.Segments;

/// <summary>Makes one segment file ready. A file that is written for the first time while it grows would pay for its metadata with every flush.</summary>
internal static class SegmentPreparer
{
    private const int ChunkBytes = 1024 * 1024;

    // Flushed in pieces, so that a commit's own flush never waits behind a whole segment of zeros.
    private const int SyncEveryBytes = 4 * 1024 * 1024;

    private static readonly byte[] Zeros = new byte[ChunkBytes];

    /// <summary>Creates, fills and syncs the file and its name. On an error nothing is left behind, if the file can be deleted.</summary>
    /// <param name="storage">Where.</param>
    /// <param name="number">The segment's number.</param>
    /// <param name="segmentBytes">Its length.</param>
    /// <param name="again">Whether an attempt failed before and may have left the file.</param>
    /// <exception cref="StoreFullException">There is no room for it.</exception>
    public static PreparedSegment Prepare(IStorage storage, uint number, long segmentBytes, bool again)
    {
        string path = SegmentFiles.SegmentPath(number);
        IStorageFile? file = null;
        try
        {
            if (again && storage.Exists(path))
                storage.Delete(path);
            file = storage.Open(path, StorageAccess.CreateNew);
            file.Allocate(segmentBytes);
            for (long offset = 0; offset < segmentBytes; offset += ChunkBytes)
            {
                if (offset > 0 && offset % SyncEveryBytes == 0)
                    file.SyncData();
                file.Write(Zeros.AsSpan(0, (int)Math.Min(ChunkBytes, segmentBytes - offset)), offset);
            }

            file.SyncData();
            storage.SyncDirectory(SegmentFiles.SegmentDirectory);
            return new PreparedSegment(number, segmentBytes, file);
        }
        catch (IOException e)
        {
            file?.Dispose();
            if (file is not null)
                TryDelete(storage, path);
            if (!StorageErrors.IsFull(e))
                throw;
            throw new StoreFullException(
                $"There is no room for segment {number} ({segmentBytes} bytes) in '{storage.Root}'. Nothing was written. Free space; appends go on by themselves once there is room.", e);
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
