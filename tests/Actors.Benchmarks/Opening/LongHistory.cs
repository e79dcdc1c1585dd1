using Actors.Wal;
using Actors.Wal.Format;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Benchmarks.Opening;

/// <summary>
/// Creates a store with a long history: valid segment headers that refer to each other, bodies that are holes in their files,
/// and an index snapshot that covers these segments. No stream has a frame in them.
/// </summary>
internal static class LongHistory
{
    private const long SegmentBytes = 64 * 1024 * 1024;
    private const int RecordsPerSegment = 300_000;
    private const int BatchesPerSegment = 1_000;

    public static void Write(string directory, int segments)
    {
        var storage = new FileStorage(directory);
        storage.CreateDirectory("");
        storage.CreateDirectory(SegmentFiles.SegmentDirectory);
        storage.CreateDirectory(SegmentFiles.IndexDirectory);
        storage.CreateDirectory(SegmentFiles.ArchiveDirectory);
        var manifest = new Manifest(Guid.NewGuid(), 1, 1, 1, 0);
        Write(storage, SegmentFiles.ManifestFile, Manifest.SizeBytes, manifest.Write);

        Predecessor? last = null;
        for (uint number = 1; number <= segments + 1; number++)
        {
            var header = new SegmentHeader(number, last, 1, 0, last?.LastLsn ?? Lsn.Zero, SegmentBytes);
            ulong checksum = 0;
            Write(storage, SegmentFiles.SegmentPath(number), SegmentBytes, sector => checksum = header.Write(sector, manifest.StoreId, manifest.StoreSeed));
            if (number <= segments)
                last = new Predecessor(number, SegmentBytes, new Lsn((long)number * RecordsPerSegment), (ulong)number * BatchesPerSegment, checksum);
        }

        if (last is { } end)
            Write(storage, SegmentFiles.SnapshotPath(end.Segment), Layout.SectorBytes, sector => new IndexSnapshotHeader(end, 0, 1, manifest.HashSeed, 0).Write(sector, manifest.StoreId, manifest.StoreSeed));
    }

    private static void Write(FileStorage storage, string path, long lengthBytes, Action<byte[]> fill)
    {
        var head = new byte[Math.Min(Layout.SectorBytes, lengthBytes)];
        fill(head);
        using IStorageFile file = storage.Open(path, StorageAccess.CreateNew);
        file.Write(head, 0);
        file.Truncate(lengthBytes);
    }

    private static void Write(FileStorage storage, string path, int lengthBytes, SpanWriter fill)
        => Write(storage, path, lengthBytes, (byte[] bytes) => fill(bytes));

    private delegate void SpanWriter(Span<byte> bytes);
}
