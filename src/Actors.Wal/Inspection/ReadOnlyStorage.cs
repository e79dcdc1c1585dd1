using Actors.Wal.Storage;

namespace Actors.Wal.Inspection;

/// <summary>A store's files for a reader that changes nothing, takes no lock, and leaves the owner's cached pages alone.</summary>
internal sealed class ReadOnlyStorage(IStorage storage) : IStorage
{
    public string Root => storage.Root;

    public IDisposable Lock(string path) => throw Refused(path);

    public void CreateDirectory(string path) => throw Refused(path);

    public IReadOnlyList<string> List(string path) => storage.List(path);

    public bool Exists(string path) => storage.Exists(path);

    public IStorageFile Open(string path, StorageAccess access)
        => access == StorageAccess.Read ? new ReadOnlyFile(storage.Open(path, access)) : throw Refused(path);

    public void Rename(string from, string to) => throw Refused(from);

    public void Delete(string path) => throw Refused(path);

    public void SyncDirectory(string path) => throw Refused(path);

    private static InvalidOperationException Refused(string path) => new($"'{path}' is open for reading only.");

    private sealed class ReadOnlyFile(IStorageFile file) : IStorageFile
    {
        public string Path => file.Path;

        public long LengthBytes => file.LengthBytes;

        public int Read(Span<byte> buffer, long offsetBytes) => file.Read(buffer, offsetBytes);

        public void Write(ReadOnlySpan<byte> bytes, long offsetBytes) => throw Refused(Path);

        public bool Allocate(long lengthBytes) => throw Refused(Path);

        public void Truncate(long lengthBytes) => throw Refused(Path);

        public void SyncData()
        {
        }

        public void DropCache()
        {
        }

        public void Dispose() => file.Dispose();
    }
}
