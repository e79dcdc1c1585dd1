using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Salvage;

/// <summary>
/// The directory of the new store. It is written under another name beside it, and renamed when it is complete. A salvage removes
/// what an interrupted one has left there.
/// </summary>
internal sealed class TargetDirectory
{
    private const string PartialSuffix = ".partial";

    private static readonly string[] StoreNames =
    [
        SegmentFiles.LockFile, SegmentFiles.ManifestFile, SegmentFiles.ManifestTemporary, SegmentFiles.SegmentDirectory, SegmentFiles.IndexDirectory, SegmentFiles.ArchiveDirectory,
    ];

    private readonly string _target;

    private TargetDirectory(string target) => _target = target;

    /// <summary>The directory that is written.</summary>
    public string Partial => _target + PartialSuffix;

    /// <summary>Checks that a store can be created there, and removes an interrupted one.</summary>
    /// <exception cref="IOException">The target exists already.</exception>
    /// <exception cref="ArgumentException">The target is within the store that is read.</exception>
    public static TargetDirectory Prepare(string target, string source)
    {
        var directory = new TargetDirectory(Path.TrimEndingDirectorySeparator(Path.GetFullPath(target)));
        string store = Path.TrimEndingDirectorySeparator(Path.GetFullPath(source));
        if (directory._target == store || directory._target.StartsWith(store + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new ArgumentException($"The new store can't be within the one that is read, '{store}', which is not changed. Name another directory.", nameof(target));
        if (File.Exists(directory._target) || (Directory.Exists(directory._target) && Directory.EnumerateFileSystemEntries(directory._target).Any()))
            throw new IOException($"'{directory._target}' is there already and not empty. Name a directory that is not there.");
        directory.RemovePartial();
        return directory;
    }

    /// <summary>Gives the complete store its name.</summary>
    public void Complete()
    {
        if (Directory.Exists(_target))
            Directory.Delete(_target);
        Directory.Move(Partial, _target);
        new FileStorage(Path.GetDirectoryName(_target)!).SyncDirectory("");
    }

    /// <summary>Removes the incomplete store.</summary>
    public void Discard()
    {
        try
        {
            RemovePartial();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The caller reports the error that ended the salvage. The next salvage removes the directory.
        }
    }

    private void RemovePartial()
    {
        if (!Path.Exists(Partial))
            return;
        if (!Directory.Exists(Partial) || Directory.EnumerateFileSystemEntries(Partial).Any(e => !StoreNames.Contains(Path.GetFileName(e))))
            throw new IOException($"'{Partial}', where the new store is written, is there already and is no unfinished store. Name another directory.");
        // The lock fails if another salvage is writing there.
        new FileStorage(Partial).Lock(SegmentFiles.LockFile).Dispose();
        Directory.Delete(Partial, recursive: true);
    }
}
