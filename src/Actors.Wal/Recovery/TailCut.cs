using Actors.Wal.Format;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Recovery;

/// <summary>
/// Applies the result of recovery. First it copies torn bytes and deletes unused files. Once the header of the next segment durably
/// names the end of the log, it cuts the bytes behind that end, which only take space by then.
/// </summary>
internal static class TailCut
{
    public static void Prepare(IStorage storage, RecoveredLog log)
    {
        if (log.Torn is { } torn)
            Copy(storage, torn);
        SegmentFiles.DeleteLast(storage, log.Unused);
        if (log.Covered.Count > 0)
        {
            // The name of the cold segment that replaces them may not be durable yet.
            storage.SyncDirectory(SegmentFiles.SegmentDirectory);
            foreach (string covered in log.Covered)
                storage.Delete(covered);
        }

        if (storage.Exists(SegmentFiles.ColdTemporary))
            storage.Delete(SegmentFiles.ColdTemporary);
    }

    public static void Finish(IStorage storage, RecoveredLog log)
    {
        if (log.CleanClose || log.Position.Predecessor is not { } last)
            return;
        using IStorageFile file = storage.Open(SegmentFiles.SegmentPath(last.Segment), StorageAccess.ReadWrite);
        long end = Layout.AlignSector(last.LengthBytes);
        if (file.LengthBytes <= end)
            return;
        file.Truncate(end);
        file.SyncData();
    }

    private static void Copy(IStorage storage, TornTail torn)
    {
        if (storage.Exists(torn.Copy))
            storage.Delete(torn.Copy);
        FileCopy.Copy(storage, torn.File, torn.OffsetBytes, torn.Bytes, storage, torn.Copy, CancellationToken.None);
        storage.SyncDirectory(SegmentFiles.ArchiveDirectory);
    }
}
