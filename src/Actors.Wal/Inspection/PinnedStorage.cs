using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Inspection;

/// <summary>
/// The segments of a store as of one moment, for a reader beside the owner. All of them are kept open, so that they stay readable
/// when compaction deletes their files. All other files are read as they are now.
/// </summary>
internal sealed class PinnedStorage : IStorage, IDisposable
{
    // A try fails only if the owner has deleted or created a segment during it.
    private const int Tries = 100;

    private readonly ReadOnlyStorage _storage;
    private readonly Dictionary<string, IStorageFile> _files;
    private readonly List<string> _names;

    private PinnedStorage(ReadOnlyStorage storage, List<string> names, Dictionary<string, IStorageFile> files)
    {
        _storage = storage;
        _names = names;
        _files = files;
    }

    public string Root => _storage.Root;

    /// <summary>Opens all existing segments.</summary>
    /// <exception cref="IOException">A file can't be opened.</exception>
    public static PinnedStorage Open(ReadOnlyStorage storage)
    {
        for (int tries = 1; ; tries++)
        {
            List<string> names = Names(storage);
            var files = new Dictionary<string, IStorageFile>();
            try
            {
                foreach (string path in names)
                    files.Add(path, storage.Open(path, StorageAccess.Read));
                if (tries == Tries || names.SequenceEqual(Names(storage)))
                    return new PinnedStorage(storage, names, files);
            }
            catch (FileNotFoundException) when (tries < Tries)
            {
            }
            catch
            {
                Close(files);
                throw;
            }

            Close(files);
        }
    }

    public IDisposable Lock(string path) => _storage.Lock(path);

    public void CreateDirectory(string path) => _storage.CreateDirectory(path);

    public IReadOnlyList<string> List(string path)
        => path == SegmentFiles.SegmentDirectory ? [.. _names.Select(n => n[(path.Length + 1)..])] : _storage.List(path);

    public bool Exists(string path) => _files.ContainsKey(path) || _storage.Exists(path);

    public IStorageFile Open(string path, StorageAccess access)
        => access == StorageAccess.Read && _files.TryGetValue(path, out IStorageFile? file) ? new SharedFile(file) : _storage.Open(path, access);

    public void Rename(string from, string to) => _storage.Rename(from, to);

    public void Delete(string path) => _storage.Delete(path);

    public void SyncDirectory(string path) => _storage.SyncDirectory(path);

    public void Dispose() => Close(_files);

    private static List<string> Names(ReadOnlyStorage storage) => [.. SegmentFiles.Segments(storage).Select(n => n.Path)];

    private static void Close(Dictionary<string, IStorageFile> files)
    {
        foreach (IStorageFile file in files.Values)
            file.Dispose();
    }

    /// <summary>A file that stays open when a reader disposes of it.</summary>
    private sealed class SharedFile(IStorageFile file) : IStorageFile
    {
        public string Path => file.Path;

        public long LengthBytes => file.LengthBytes;

        public int Read(Span<byte> buffer, long offsetBytes) => file.Read(buffer, offsetBytes);

        public void Write(ReadOnlySpan<byte> bytes, long offsetBytes) => file.Write(bytes, offsetBytes);

        public bool Allocate(long lengthBytes) => file.Allocate(lengthBytes);

        public void Truncate(long lengthBytes) => file.Truncate(lengthBytes);

        public void SyncData() => file.SyncData();

        public void DropCache() => file.DropCache();

        public void Dispose()
        {
        }
    }
}
