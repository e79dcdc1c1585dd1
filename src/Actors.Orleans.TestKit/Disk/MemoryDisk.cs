using Actors.Wal.Storage;

namespace Actors.Orleans.TestKit.Disk;

/// <summary>
/// A disk in memory that tracks what was synced. A crash keeps synced data, and a random part of the rest: whole pages of a
/// file, a file's length, and the first few of the names that were changed.
/// </summary>
internal sealed class MemoryDisk : IStorage
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, MemoryFile?> _names;
    private readonly Dictionary<string, MemoryFile?> _durableNames;
    private readonly List<(string Path, MemoryFile? File, bool Exists)> _pendingNames = [];
    private bool _locked;
    private string? _failure;

    public MemoryDisk()
        : this([])
    {
    }

    private MemoryDisk(Dictionary<string, MemoryFile?> names)
    {
        _names = names;
        _durableNames = new Dictionary<string, MemoryFile?>(names);
    }

    public string Root => "/memory";

    /// <summary>Makes all later reads and changes of the disk fail.</summary>
    public void Fail(string reason)
    {
        lock (_gate)
            _failure = reason;
    }

    /// <summary>Returns the disk as it is after a loss of power. This disk fails from now on.</summary>
    /// <param name="chance">Chooses which of the unsynced data survives; null for none of it.</param>
    public MemoryDisk Crash(Random? chance)
    {
        lock (_gate)
        {
            _failure = "The machine has lost power.";
            var names = new Dictionary<string, MemoryFile?>(_durableNames);
            foreach ((string path, MemoryFile? file, bool exists) in _pendingNames.Take(chance?.Next(_pendingNames.Count + 1) ?? 0))
                Set(names, path, file, exists);
            return new MemoryDisk(names.ToDictionary(n => n.Key, n => n.Value?.AfterCrash(chance)));
        }
    }

    public IDisposable Lock(string path)
    {
        lock (_gate)
        {
            if (_locked)
                throw new StoreInUseException(Root, "another store of this test");
            _locked = true;
            return new Unlock(this);
        }
    }

    public void CreateDirectory(string path) => Run(() =>
    {
        if (path.Length > 0 && !_names.ContainsKey(path))
            Change(path, null, exists: true);
    });

    public IReadOnlyList<string> List(string path) => Run<IReadOnlyList<string>>(
        () => [.. _names.Keys.Where(n => ParentOf(n) == path).Select(n => n[(path.Length == 0 ? 0 : path.Length + 1)..]).Order(StringComparer.Ordinal)]);

    public bool Exists(string path) => Run(() => _names.GetValueOrDefault(path) is not null);

    public IStorageFile Open(string path, StorageAccess access) => Run<IStorageFile>(() =>
    {
        if (access != StorageAccess.CreateNew)
            return new OpenMemoryFile(this, path, Find(path));
        if (_names.ContainsKey(path))
            throw new IOException($"'{path}' exists.");
        var file = new MemoryFile();
        Change(path, file, exists: true);
        return new OpenMemoryFile(this, path, file);
    });

    public void Rename(string from, string to) => Run(() =>
    {
        MemoryFile file = Find(from);
        Change(to, file, exists: true);
        Change(from, null, exists: false);
    });

    public void Delete(string path) => Run(() =>
    {
        Find(path);
        Change(path, null, exists: false);
    });

    public void SyncDirectory(string path) => Run(() =>
    {
        foreach ((string changed, MemoryFile? file, bool exists) in _pendingNames.Where(c => ParentOf(c.Path) == path))
            Set(_durableNames, changed, file, exists);
        _pendingNames.RemoveAll(c => ParentOf(c.Path) == path);
    });

    /// <summary>Runs an operation on the disk or a file, under the disk's lock.</summary>
    internal T Run<T>(Func<T> operation)
    {
        lock (_gate)
            return _failure is null ? operation() : throw new IOException(_failure);
    }

    internal void Run(Action operation) => Run(() =>
    {
        operation();
        return true;
    });

    private MemoryFile Find(string path) => _names.GetValueOrDefault(path) ?? throw new FileNotFoundException($"'{path}' does not exist.");

    private void Change(string path, MemoryFile? file, bool exists)
    {
        Set(_names, path, file, exists);
        _pendingNames.Add((path, file, exists));
    }

    private static void Set(Dictionary<string, MemoryFile?> names, string path, MemoryFile? file, bool exists)
    {
        if (exists)
            names[path] = file;
        else
            names.Remove(path);
    }

    private static string ParentOf(string path) => path.LastIndexOf('/') is var slash and >= 0 ? path[..slash] : "";

    private sealed class Unlock(MemoryDisk disk) : IDisposable
    {
        public void Dispose()
        {
            lock (disk._gate)
                disk._locked = false;
        }
    }
}
