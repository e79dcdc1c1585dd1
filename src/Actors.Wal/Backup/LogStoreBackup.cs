using Actors.Wal.Inspection;
using Actors.Wal.Storage;


namespace Actors.Wal.Backup;

/// <summary>
/// Makes and restores backups of a local store. A backup is a store of its own, closed cleanly at the last record that was
/// durable. It can be verified, inspected and opened like any other store.
/// </summary>
public static class LogStoreBackup
{
    private const string Unfinished = ".partial";

    /// <summary>Makes a backup of a store, also while its owner is writing. Nothing of the store is changed.</summary>
    /// <param name="directory">The store's directory.</param>
    /// <param name="target">The backup's directory, which must not exist.</param>
    /// <param name="options">How the backup is made; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the call; the copied files are removed.</param>
    /// <exception cref="DirectoryNotFoundException">There is no store.</exception>
    /// <exception cref="LogCorruptException">The log is damaged.</exception>
    /// <exception cref="IOException">The target exists, or the file system refused something.</exception>
    public static Task<BackupReport> CreateAsync(string directory, string target, BackupOptions? options = null, CancellationToken cancellationToken = default)
        => CreateAsync(directory, target, options, Lsn.Zero, cancellationToken);

    /// <summary>Makes a backup of a store of which a durable record is known.</summary>
    internal static Task<BackupReport> CreateAsync(string directory, string target, BackupOptions? options, Lsn durable, CancellationToken cancellationToken)
    {
        options ??= new BackupOptions();
        ReadOnlyStorage source = ReadOnlyLog.Storage(directory);
        IStorage? previous = options.Previous is { } p ? ReadOnlyLog.Storage(p) : null;
        return FinishAsync(target, partial => new BackupTask(source, partial, piece => TryLink(piece, previous, partial, options.Link)) { Progress = options.Progress, KnownDurable = durable }.Run(cancellationToken));
    }

    /// <summary>Makes a new store from a backup. A given point limits it to the batches up to that point.</summary>
    /// <param name="backup">The backup's directory.</param>
    /// <param name="directory">The new store's directory, which must not exist.</param>
    /// <param name="options">The point to restore to, and an archive with more segments; null for all of the backup.</param>
    /// <param name="cancellationToken">Stops the call; the copied files are removed.</param>
    /// <exception cref="DirectoryNotFoundException">The backup or the archive does not exist.</exception>
    /// <exception cref="ArgumentException">The backup can't be restored to this point, or two points are given.</exception>
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

    /// <summary>Writes beside the target and renames at the end: a directory with the target's name is complete.</summary>
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

    /// <summary>Links a sealed segment to the previous backup's file, or to the store's own file, so that they share their bytes.</summary>
    private static bool TryLink(LogPiece piece, IStorage? previous, FileStorage target, bool linkSource)
    {
        string path = piece.Name.Path;
        if (previous is not null && SameFile.Is(path, piece.Storage, previous) && target.TryLink(previous.Root, path))
            return true;
        if (!linkSource || !target.TryLink(piece.Storage.Root, path))
            return false;
        if (SameFile.Is(path, piece.Storage, target))
            return true;
        target.Delete(path); // the store compacted it again meanwhile
        return false;
    }
}

/// <summary>The options of a backup.</summary>
public sealed record BackupOptions
{
    /// <summary>
    /// An earlier backup of the same store on the target's file system. Segments that it has are not copied again: both backups
    /// share the files.
    /// </summary>
    public string? Previous { get; init; }

    /// <summary>
    /// Whether segments may share the store's own files where the file system allows it. The backup then takes hardly any time and
    /// space, but damage to the store's files damages the backup too.
    /// </summary>
    public bool Link { get; init; }

    /// <summary>Called with the number of segments done so far, and the number of all segments.</summary>
    public Action<int, int> Progress { get; init; } = static (_, _) => { };
}

/// <summary>The options of a restore.</summary>
public sealed record RestoreOptions
{
    /// <summary>The last record to restore, or null.</summary>
    public Lsn? ToLsn { get; init; }

    /// <summary>The time to restore to, by the clock of the store's owner, or null.</summary>
    public DateTimeOffset? ToTime { get; init; }

    /// <summary>
    /// A directory of archived segments, or null. It is needed for points before a compaction, and for records newer than the backup.
    /// </summary>
    public string? Archive { get; init; }

    /// <summary>Called with the number of segments done so far, and the number of all segments.</summary>
    public Action<int, int> Progress { get; init; } = static (_, _) => { };
}

/// <summary>The contents of a backup or a restored store.</summary>
/// <param name="LastLsn">The last record.</param>
/// <param name="Time">The time of the last batch.</param>
/// <param name="Segments">Segment files.</param>
/// <param name="Linked">Segment files that share their bytes with existing files.</param>
/// <param name="CopiedBytes">Bytes copied.</param>
public sealed record BackupReport(Lsn LastLsn, DateTimeOffset Time, int Segments, int Linked, long CopiedBytes);
