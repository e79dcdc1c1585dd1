namespace Actors.Wal.Storage;

/// <summary>The storage on the real file system. Directories have mode 0700, files 0600.</summary>
internal sealed class FileStorage(string root) : IStorage
{
    private const UnixFileMode DirectoryMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public string Root { get; } = Path.GetFullPath(root);

    public IDisposable Lock(string path) => DirectoryLock.Take(Root, Full(path), FileMode);

    public void CreateDirectory(string path)
    {
        if (path.Length == 0)
            CreateRoot();
        else
            Create(Full(path));
    }

    public IReadOnlyList<string> List(string path)
    {
        string full = Full(path);
        if (!Directory.Exists(full))
            return [];
        var names = Directory.EnumerateFileSystemEntries(full).Select(e => Path.GetFileName(e)!).ToList();
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    public bool Exists(string path) => File.Exists(Full(path));

    public IStorageFile Open(string path, StorageAccess access)
    {
        string full = Full(path);
        var handle = File.OpenHandle(
            full,
            access == StorageAccess.CreateNew ? System.IO.FileMode.CreateNew : System.IO.FileMode.Open,
            access == StorageAccess.Read ? FileAccess.Read : FileAccess.ReadWrite,
            FileShare.ReadWrite | FileShare.Delete);
        if (access == StorageAccess.CreateNew && !OperatingSystem.IsWindows())
            File.SetUnixFileMode(handle, FileMode);
        return new OpenFile(full, handle);
    }

    /// <summary>Links a file that never changes to the same file in another directory; false if the file system can't.</summary>
    public bool TryLink(string otherRoot, string path) => Native.TryLink(Path.Combine(otherRoot, path), Full(path));

    public void Rename(string from, string to) => File.Move(Full(from), Full(to), overwrite: true);

    public void Delete(string path) => File.Delete(Full(path));

    public void SyncDirectory(string path) => Native.SyncDirectory(Full(path));

    /// <summary>Creates the store's directory and its missing parents, each durably in its own parent.</summary>
    private void CreateRoot()
    {
        var missing = new Stack<string>();
        for (string? directory = Root; directory is not null && !Directory.Exists(directory); directory = Path.GetDirectoryName(directory))
            missing.Push(directory);
        while (missing.TryPop(out string? directory))
        {
            Create(directory);
            Native.SyncDirectory(Path.GetDirectoryName(directory)!);
        }
    }

    private static void Create(string directory)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(directory);
        else
            Directory.CreateDirectory(directory, DirectoryMode);
    }

    private string Full(string path) => path.Length == 0 ? Root : Path.Combine(Root, path);
}
