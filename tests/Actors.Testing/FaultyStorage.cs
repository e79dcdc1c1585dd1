using Actors.Wal;
using Actors.Wal.Storage;

namespace Actors.Testing;

/// <summary>The operations in which a test can inject a fault.</summary>
internal enum StorageOperation
{
    /// <summary>It is counted, and never fails.</summary>
    Read,
    Write,
    Sync,
    Allocate,
    Truncate,
    SyncDirectory,
    Rename,
}

/// <summary>The real file system with injected faults. The fault is decided before the operation happens.</summary>
internal sealed class FaultyStorage(IStorage inner) : IStorage
{
    public const int NoMemory = 12;
    public const int NoSpace = 28;
    public const int InputOutput = 5;

    private readonly Lock _gate = new();
    private readonly Dictionary<StorageOperation, int> _counts = [];

    /// <summary>Returns the error with which an operation on a path fails, or null; may block.</summary>
    public Func<StorageOperation, string, IOException?> Fault { get; set; } = static (_, _) => null;

    /// <summary>Whether space can be reserved without writing to it.</summary>
    public bool CanReserve { get; set; } = true;

    public string Root => inner.Root;

    public int CountOf(StorageOperation operation)
    {
        lock (_gate)
            return _counts.GetValueOrDefault(operation);
    }

    public static IOException Error(int errno) => new($"Injected error {errno}.", errno);

    public static FaultyStorage In(LocalLogStoreOptions options) => new(new FileStorage(options.Directory));

    public IDisposable Lock(string path) => inner.Lock(path);

    public void CreateDirectory(string path) => inner.CreateDirectory(path);

    public IReadOnlyList<string> List(string path) => inner.List(path);

    public bool Exists(string path) => inner.Exists(path);

    public IStorageFile Open(string path, StorageAccess access) => new FaultyFile(this, inner.Open(path, access));

    public void Rename(string from, string to)
    {
        Hit(StorageOperation.Rename, from);
        inner.Rename(from, to);
    }

    public void Delete(string path) => inner.Delete(path);

    public void SyncDirectory(string path)
    {
        Hit(StorageOperation.SyncDirectory, path);
        inner.SyncDirectory(path);
    }

    private void Count(StorageOperation operation)
    {
        lock (_gate)
            _counts[operation] = _counts.GetValueOrDefault(operation) + 1;
    }

    private void Hit(StorageOperation operation, string path)
    {
        Count(operation);
        if (Fault(operation, path) is { } error)
            throw error;
    }

    private sealed class FaultyFile(FaultyStorage storage, IStorageFile inner) : IStorageFile
    {
        public string Path => inner.Path;

        public long LengthBytes => inner.LengthBytes;

        public int Read(Span<byte> buffer, long offsetBytes)
        {
            storage.Count(StorageOperation.Read);
            return inner.Read(buffer, offsetBytes);
        }

        public void Write(ReadOnlySpan<byte> bytes, long offsetBytes)
        {
            storage.Hit(StorageOperation.Write, Path);
            inner.Write(bytes, offsetBytes);
        }

        public bool Allocate(long lengthBytes)
        {
            storage.Hit(StorageOperation.Allocate, Path);
            return inner.Allocate(lengthBytes) && storage.CanReserve;
        }

        public void Truncate(long lengthBytes)
        {
            storage.Hit(StorageOperation.Truncate, Path);
            inner.Truncate(lengthBytes);
        }

        public void SyncData()
        {
            storage.Hit(StorageOperation.Sync, Path);
            inner.SyncData();
        }

        public void DropCache() => inner.DropCache();

        public void Dispose() => inner.Dispose();
    }
}
