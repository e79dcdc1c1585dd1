using Actors.Wal.Segments;
using Actors.Wal.Storage;


namespace Actors.Wal.Backup;

/// <summary>An archive in a directory. The directory should be on another disk than the store.</summary>
/// <param name="directory">The directory; created when missing. Each store needs its own.</param>
public sealed class DirectoryArchive(string directory) : ISegmentArchive
{
    private const string Temporary = $"{SegmentFiles.SegmentDirectory}/archive.tmp";

    private readonly FileStorage _target = new(directory);

    /// <inheritdoc/>
    public ValueTask StoreAsync(string name, string path, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(path);
        string archived = $"{SegmentFiles.SegmentDirectory}/{name}";
        var source = new FileStorage(Path.GetDirectoryName(Path.GetDirectoryName(path)!)!);
        if (_target.Exists(archived))
        {
            return SameFile.Is(archived, source, _target)
                ? ValueTask.CompletedTask
                : throw new IOException($"'{Path.Combine(_target.Root, archived)}' is there already and is another segment than '{path}'. Each store needs an archive of its own, and so does a restored one.");
        }

        _target.CreateDirectory("");
        _target.CreateDirectory(SegmentFiles.SegmentDirectory);
        if (_target.Exists(Temporary))
            _target.Delete(Temporary);
        FileCopy.Copy(source, archived, 0, long.MaxValue, _target, Temporary, cancellationToken);
        _target.Rename(Temporary, archived);
        _target.SyncDirectory(SegmentFiles.SegmentDirectory);
        return ValueTask.CompletedTask;
    }
}
