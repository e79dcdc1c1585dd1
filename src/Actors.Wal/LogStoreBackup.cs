using Actors.Wal.Backup;
using Actors.Wal.Inspection;
using Actors.Wal.Storage;

namespace Actors.Wal;

/// <summary>
/// Copies of a local store. A backup is a store of its own, closed cleanly at the last record that was durable: it can be
/// verified, looked into and opened like any other.
/// </summary>
public static class LogStoreBackup
{
    private const string Unfinished = ".partial";

    /// <summary>Makes a backup of a store, also while its owner is writing. Nothing of the store is changed.</summary>
    /// <param name="directory">The store's directory.</param>
    /// <param name="target">The backup's directory, which must not exist.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Stops; what was copied is removed.</param>
    /// <exception cref="DirectoryNotFoundException">There is no store.</exception>
    /// <exception cref="LogCorruptException">The log is damaged.</exception>
    /// <exception cref="IOException">The target exists, or the file system refused something.</exception>
    public static Task<BackupReport> CreateAsync(string directory, string target, BackupOptions? options = null, CancellationToken cancellationToken = default)
        => CreateAsync(directory, target, options, Lsn.Zero, cancellationToken);

    /// <summary>Makes a backup of a store of which is known how far it is durable.</summary>
    internal static Task<BackupReport> CreateAsync(string directory, string target, BackupOptions? options, Lsn durable, CancellationToken cancellationToken)
    {
        options ??= new BackupOptions();
        ReadOnlyStorage source = ReadOnlyLog.Storage(directory);
        IStorage? previous = options.Previous is { } p ? ReadOnlyLog.Storage(p) : null;
        return FinishAsync(target, partial => new BackupTask(source, partial, piece => TryLink(piece, previous, partial, options.Link)) { Progress = options.Progress, KnownDurable = durable }.Run(cancellationToken));
    }

    /// <summary>Makes a store of a backup, as of a point in time if one is given: everything up to it, at the boundary of a batch.</summary>
    /// <param name="backup">The backup's directory.</param>
    /// <param name="directory">The new store's directory, which must not exist.</param>
    /// <param name="options">Up to where, and where else there are segments; null for all of the backup.</param>
    /// <param name="cancellationToken">Stops; what was copied is removed.</param>
    /// <exception cref="DirectoryNotFoundException">There is no backup, or no archive.</exception>
    /// <exception cref="ArgumentException">The point can't be told from the backup.</exception>
    /// <exception cref="LogCorruptException">The backup is damaged.</exception>
    /// <exception cref="IOException">The directory exists, or the file system refused something.</exception>
    public static Task<BackupReport> RestoreAsync(string backup, string directory, RestoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new RestoreOptions();
        if (options is { ToLsn: not null, ToTime: not null })
            throw new ArgumentException($"{nameof(RestoreOptions.ToLsn)} and {nameof(RestoreOptions.ToTime)} exclude each other: name one point.", nameof(options));
        if (options.Archive is { } named && !Directory.Exists(named))
            throw new DirectoryNotFoundException($"There is no archive in '{named}'.");
        IStorage source = ReadOnlyLog.Storage(backup);
        IStorage? archive = options.Archive is { } a ? new ReadOnlyStorage(new FileStorage(a)) : null;
        return FinishAsync(directory, partial => new RestoreTask(source, archive, partial, options.ToLsn, options.ToTime) { Progress = options.Progress }.Run(cancellationToken));
    }

    /// <summary>Writes beside the target and renames: a directory with the target's name is whole.</summary>
    private static Task<BackupReport> FinishAsync(string target, Func<FileStorage, BackupReport> write) => Task.Run(() =>
    {
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        if (Directory.Exists(path) || File.Exists(path))
            throw new IOException($"'{path}' exists; name a directory that does not.");
        string partial = path + Unfinished;
        if (Directory.Exists(partial))
            Directory.Delete(partial, recursive: true);
        try
        {
            BackupReport report = write(new FileStorage(partial));
            Directory.Move(partial, path);
            Native.SyncDirectory(Path.GetDirectoryName(path)!);
            return report;
        }
        catch
        {
            if (Directory.Exists(partial))
                Directory.Delete(partial, recursive: true);
            throw;
        }
    });

    /// <summary>Lets a sealed segment share its bytes with the previous backup's, or with the store's own file.</summary>
    private static bool TryLink(LogPiece piece, IStorage? previous, FileStorage target, bool linkSource)
    {
        string path = piece.Name.Path;
        if (previous is not null && SameFile.Is(path, piece.Storage, previous) && target.TryLink(previous.Root, path))
            return true;
        if (!linkSource || !target.TryLink(piece.Storage.Root, path))
            return false;
        if (SameFile.Is(path, piece.Storage, target))
            return true;
        target.Delete(path); // compacted again since
        return false;
    }
}

/// <summary>How a backup is made.</summary>
public sealed record BackupOptions
{
    /// <summary>
    /// An earlier backup of the same store on the target's file system: segments that it has are not copied again but share
    /// its files.
    /// </summary>
    public string? Previous { get; init; }

    /// <summary>
    /// Whether segments may share the store's own files where the file system allows it: the backup takes hardly any time and
    /// room then, and survives no damage to the disk that the store does not.
    /// </summary>
    public bool Link { get; init; }

    /// <summary>Called with the segments done so far, and all.</summary>
    public Action<int, int> Progress { get; init; } = static (_, _) => { };
}

/// <summary>What is restored.</summary>
public sealed record RestoreOptions
{
    /// <summary>The last record to restore, or null.</summary>
    public Lsn? ToLsn { get; init; }

    /// <summary>The time up to which is restored, by the clock of the store's owner, or null.</summary>
    public DateTimeOffset? ToTime { get; init; }

    /// <summary>
    /// A directory of archived segments, or null: for points before a compaction, and for what was written after the backup.
    /// </summary>
    public string? Archive { get; init; }

    /// <summary>Called with the segments done so far, and all.</summary>
    public Action<int, int> Progress { get; init; } = static (_, _) => { };
}

/// <summary>What a backup or a restored store holds.</summary>
/// <param name="LastLsn">The last record.</param>
/// <param name="Time">The time of the last batch.</param>
/// <param name="Segments">Segment files.</param>
/// <param name="Linked">Those of them that share their bytes with files that were there.</param>
/// <param name="CopiedBytes">Bytes copied.</param>
public sealed record BackupReport(Lsn LastLsn, DateTimeOffset Time, int Segments, int Linked, long CopiedBytes);
