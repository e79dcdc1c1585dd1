using Actors.Wal.Format;
using Actors.Wal.Segments;
using Actors.Wal.Storage;


namespace Actors.Wal.Recovery;

/// <summary>The files beside the segments: directories, lock and manifest.</summary>
internal static class StoreDirectory
{
    public static IDisposable Lock(IStorage storage)
    {
        storage.CreateDirectory("");
        return storage.Lock(SegmentFiles.LockFile);
    }

    /// <summary>Reads the manifest, or creates the first one of a new store.</summary>
    public static Manifest ReadOrCreate(StoreEnvironment environment, TimeProvider time, out bool created)
    {
        IStorage storage = environment.Storage;
        created = false;
        if (storage.Exists(SegmentFiles.ManifestFile))
        {
            CreateDirectories(storage);
            return Read(storage);
        }

        if (storage.List(SegmentFiles.SegmentDirectory).Any(n => SegmentFiles.ParseSegmentName(n) is not null))
            throw new LogCorruptException("The manifest is missing, and there are segments.", SegmentFiles.ManifestFile, 0);
        created = true;
        CreateDirectories(storage);
        var manifest = new Manifest(environment.NewStoreId(), environment.NewHashSeed(), 0, 0, UnixMicros.Of(time.GetUtcNow()));
        Replace(storage, manifest);
        return manifest;
    }

    /// <summary>Replaces the manifest: writes and flushes a temporary file, renames it, and makes the name durable.</summary>
    public static void Replace(IStorage storage, Manifest manifest)
    {
        if (storage.Exists(SegmentFiles.ManifestTemporary))
            storage.Delete(SegmentFiles.ManifestTemporary);
        using (IStorageFile file = storage.Open(SegmentFiles.ManifestTemporary, StorageAccess.CreateNew))
        {
            Span<byte> bytes = stackalloc byte[Manifest.SizeBytes];
            manifest.Write(bytes);
            file.Write(bytes, 0);
            file.SyncData();
        }

        storage.Rename(SegmentFiles.ManifestTemporary, SegmentFiles.ManifestFile);
        storage.SyncDirectory("");
    }

    private static void CreateDirectories(IStorage storage)
    {
        storage.CreateDirectory(SegmentFiles.SegmentDirectory);
        storage.CreateDirectory(SegmentFiles.IndexDirectory);
        storage.CreateDirectory(SegmentFiles.ArchiveDirectory);
        storage.SyncDirectory("");
    }

    /// <summary>Reads the manifest of an existing store.</summary>
    public static Manifest Read(IStorage storage)
    {
        using IStorageFile file = storage.Open(SegmentFiles.ManifestFile, StorageAccess.Read);
        Span<byte> bytes = stackalloc byte[Manifest.SizeBytes + 1];
        int count = file.Read(bytes, 0);
        return Manifest.Read(bytes[..count], SegmentFiles.ManifestFile);
    }
}
