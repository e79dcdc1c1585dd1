using Actors.Wal.Storage;

namespace Actors.Wal.Tests.Salvage;

/// <summary>A device with one bad sector.</summary>
internal sealed class BadSector(IStorage inner, string path, long offset) : IStorage
{
    public string Root => inner.Root;

    public IDisposable Lock(string path) => inner.Lock(path);

    public void CreateDirectory(string path) => inner.CreateDirectory(path);

    public IReadOnlyList<string> List(string path) => inner.List(path);

    public bool Exists(string path) => inner.Exists(path);

    public IStorageFile Open(string opened, StorageAccess access)
        => opened == path ? new BadFile(inner.Open(opened, access), offset / 512 * 512) : inner.Open(opened, access);

    public void Rename(string from, string to) => inner.Rename(from, to);

    public void Delete(string path) => inner.Delete(path);

    public void SyncDirectory(string path) => inner.SyncDirectory(path);

    private sealed class BadFile(IStorageFile inner, long bad) : IStorageFile
    {
        public string Path => inner.Path;

        public long LengthBytes => inner.LengthBytes;

        public int Read(Span<byte> buffer, long offsetBytes)
            => offsetBytes < bad + 512 && offsetBytes + buffer.Length > bad
                ? throw new LogUnreadableException(Path, bad, new IOException("Input/output error."))
                : inner.Read(buffer, offsetBytes);

        public void Write(ReadOnlySpan<byte> bytes, long offsetBytes) => inner.Write(bytes, offsetBytes);

        public bool Allocate(long lengthBytes) => inner.Allocate(lengthBytes);

        public void Truncate(long lengthBytes) => inner.Truncate(lengthBytes);

        public void SyncData() => inner.SyncData();

        public void DropCache() => inner.DropCache();

        public void Dispose() => inner.Dispose();
    }
}
