using System.IO.Hashing;
using System.Runtime.InteropServices;
using Actors.Wal.Storage;

namespace Actors.Reliability.Disk;

/// <summary>
/// A disk in memory, for one thread, that guarantees only what a real disk must. The fault model:
/// <list type="bullet">
/// <item>A write is visible to reads at once. Of the data written since the file's last sync, every 512-byte sector
/// survives a crash or not, independently of the others. A sector that was written several times survives in any of its
/// versions. A sector may be torn: new up to some byte and old after it, or the reverse.</item>
/// <item>A file's length is independent of its data: each change of it survives or not. Data
/// beyond the surviving length is lost; space that was never written reads as zeros.</item>
/// <item>A name that was created, replaced or deleted survives or not, independently of others, until its directory is
/// synced; a rename is atomic. Syncing a file does not sync its name. The store's root directory always exists.</item>
/// <item>A failed sync writes each pending sector with a probability of 1/2, and none is pending any more: a later
/// sync reports success and does not write them. Reads show them until the cache is dropped.</item>
/// <item>Synced data does not change. The corruption layer tests silent damage.</item>
/// </list>
/// </summary>
internal sealed class SimulatedDisk : IStorage
{
    private readonly Dictionary<string, SimulatedFile?> _names;
    private readonly Dictionary<string, SimulatedFile?> _durableNames;
    private readonly List<NameChange> _pendingNames = [];
    private bool _locked;

    public SimulatedDisk()
        : this([])
    {
    }

    private SimulatedDisk(Dictionary<string, SimulatedFile?> durable)
    {
        _durableNames = durable;
        _names = new Dictionary<string, SimulatedFile?>(durable);
    }

    /// <summary>Returns a copy of the disk with other content in one file, or without that file.</summary>
    public SimulatedDisk With(string path, byte[]? content)
    {
        var names = new Dictionary<string, SimulatedFile?>(_durableNames);
        if (content is null)
            names.Remove(path);
        else
            names[path] = SimulatedFile.Of(content);
        foreach ((string other, SimulatedFile? file) in names.ToList())
        {
            if (file is not null && other != path)
                names[other] = file.AfterCrash([]);
        }

        return new SimulatedDisk(names);
    }

    /// <summary>Called before each operation that changes the disk. An exception from it is the operation's error.</summary>
    public Action<DiskOperation>? Before { get; set; }

    /// <summary>Called before each opening of a file. An exception from it is the opening's error.</summary>
    public Action<string>? BeforeOpening { get; set; }

    /// <summary>The number of openings of files, failed ones included.</summary>
    public int Openings { get; private set; }

    /// <summary>The number of operations that change the disk, failed ones included.</summary>
    public int Operations { get; private set; }

    /// <summary>Decides how much of a failed operation is done.</summary>
    public Random Random { get; init; } = new(1);

    /// <summary>The capacity for files in bytes; null for no limit.</summary>
    public long? CapacityBytes { get; set; }

    /// <summary>The bytes that the files occupy.</summary>
    public long AllocatedBytes => _names.Values.Sum(f => f?.AllocatedBytes ?? 0);

    public string Root => "/simulated";

    /// <summary>The visible files, in ordinal order of their paths.</summary>
    public IEnumerable<(string Path, SimulatedFile File)> Files
        => _names.Where(n => n.Value is not null).OrderBy(n => n.Key, StringComparer.Ordinal).Select(n => (n.Key, n.Value!));

    public IDisposable Lock(string path)
    {
        if (_locked)
            throw new StoreInUseException(Root, "another simulated store");
        _locked = true;
        return new Unlock(this);
    }

    public void CreateDirectory(string path)
    {
        if (path.Length == 0 || _names.ContainsKey(path))
            return;
        Begin(new DiskOperation(DiskAction.CreateDirectory, path));
        Change(new NameChange(path, null, null));
    }

    public IReadOnlyList<string> List(string path)
        => [.. _names.Keys.Where(n => ParentOf(n) == path).Select(n => n[(path.Length == 0 ? 0 : path.Length + 1)..]).Order(StringComparer.Ordinal)];

    public bool Exists(string path) => _names.GetValueOrDefault(path) is not null;

    public IStorageFile Open(string path, StorageAccess access)
    {
        Openings++;
        BeforeOpening?.Invoke(path);
        if (access == StorageAccess.CreateNew)
        {
            Begin(new DiskOperation(DiskAction.Create, path));
            if (_names.ContainsKey(path))
                throw new IOException($"'{path}' exists.");
            if (ParentOf(path) is { Length: > 0 } parent && !_names.ContainsKey(parent))
                throw new DirectoryNotFoundException($"'{parent}' does not exist.");
            var file = new SimulatedFile();
            Change(new NameChange(path, file, null));
            return new OpenSimulatedFile(this, path, file);
        }

        return _names.GetValueOrDefault(path) is { } existing
            ? new OpenSimulatedFile(this, path, existing)
            : throw new FileNotFoundException($"'{path}' does not exist.");
    }

    public void Rename(string from, string to)
    {
        Begin(new DiskOperation(DiskAction.Rename, from));
        SimulatedFile file = _names.GetValueOrDefault(from) ?? throw new FileNotFoundException($"'{from}' does not exist.");
        Change(new NameChange(to, file, from));
    }

    public void Delete(string path)
    {
        Begin(new DiskOperation(DiskAction.Delete, path));
        if (!Exists(path))
            throw new FileNotFoundException($"'{path}' does not exist.");
        Change(new NameChange(path, null, path));
    }

    public void SyncDirectory(string path)
    {
        Begin(new DiskOperation(DiskAction.SyncDirectory, path));
        foreach (NameChange change in _pendingNames.Where(c => ParentOf(c.Path) == path))
            Apply(change, _durableNames);
        _pendingNames.RemoveAll(c => ParentOf(c.Path) == path);
    }

    /// <summary>Returns the changes that are not synced. A crash keeps the old or the new value of each.</summary>
    public IReadOnlyList<PendingChange> Pending()
    {
        var pending = new List<PendingChange>();
        foreach (NameChange change in _pendingNames)
            pending.Add(new PendingChange(change));
        foreach (SimulatedFile file in ReachableFiles())
            file.AddPending(pending);
        return pending;
    }

    /// <summary>Returns the disk after a crash that kept these changes and lost all others.</summary>
    public SimulatedDisk AfterCrash(IEnumerable<Survivor> survivors)
    {
        List<Survivor> kept = [.. survivors];
        var names = new Dictionary<string, SimulatedFile?>(_durableNames);
        foreach (Survivor survivor in kept)
        {
            if (survivor.Change.Name is { } change)
                Apply(change, names);
        }

        // Files in a directory that did not survive can't be reached.
        foreach (string orphan in names.Keys.Where(n => ParentOf(n) is { Length: > 0 } parent && !names.ContainsKey(parent)).ToList())
            names.Remove(orphan);
        ILookup<SimulatedFile?, Survivor> byFile = kept.ToLookup(s => s.Change.File);
        foreach ((string path, SimulatedFile? file) in names.ToList())
        {
            if (file is not null)
                names[path] = file.AfterCrash(byFile[file]);
        }

        return new SimulatedDisk(names) { CapacityBytes = CapacityBytes };
    }

    /// <summary>Returns the disk after a crash that lost all pending changes.</summary>
    public SimulatedDisk AfterCrash() => AfterCrash([]);

    /// <summary>Returns a hash that is equal for disks with the same names and contents, and differs for others.</summary>
    public UInt128 Fingerprint()
    {
        UInt128 sum = 0;
        var hash = new XxHash128();
        foreach ((string path, SimulatedFile? file) in _names)
        {
            hash.Append([(byte)path.Length, file is null ? (byte)0 : (byte)1]);
            hash.Append(MemoryMarshal.AsBytes(path.AsSpan()));
            hash.Append(file is null ? [] : file.Seen);
            sum += hash.GetCurrentHashAsUInt128();
            hash.Reset();
        }

        return sum;
    }

    /// <summary>Ends the owner's process but not the machine: reads show the same data, and pending changes stay pending.</summary>
    public void KillOwner()
    {
        _locked = false;
        Before = null;
        BeforeOpening = null;
    }

    internal void Begin(DiskOperation operation)
    {
        Operations++;
        Before?.Invoke(operation);
    }

    /// <summary>Returns whether this many more bytes fit. An operation that needs none succeeds on a full disk too.</summary>
    internal bool HasRoomFor(long bytes)
        => bytes <= 0 || CapacityBytes is not { } capacity || AllocatedBytes + bytes <= capacity;

    private IEnumerable<SimulatedFile> ReachableFiles()
    {
        // In the order of names, so that the same run has the same pending changes in the same order.
        var seen = new HashSet<SimulatedFile>();
        foreach ((_, SimulatedFile? file) in _names.Concat(_durableNames).OrderBy(n => n.Key, StringComparer.Ordinal))
        {
            if (file is not null && seen.Add(file))
                yield return file;
        }
    }

    private void Change(NameChange change)
    {
        Apply(change, _names);
        _pendingNames.Add(change);
    }

    private static void Apply(NameChange change, Dictionary<string, SimulatedFile?> names)
    {
        if (change.From is { } from)
            names.Remove(from);
        if (change.From != change.Path)
            names[change.Path] = change.File;
    }

    private static string ParentOf(string path) => path.LastIndexOf('/') is var slash and >= 0 ? path[..slash] : "";

    private sealed class Unlock(SimulatedDisk disk) : IDisposable
    {
        public void Dispose() => disk._locked = false;
    }
}
