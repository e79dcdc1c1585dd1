using System.Text;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Copying;

/// <summary>
/// The directory of a copy. It is written under another name beside it, with a file that names the source, and then renamed.
/// </summary>
internal sealed class CopyDirectory
{
    public const string MarkFile = "COPY";

    private const string MarkTemporary = "COPY.tmp";
    private const string PartialSuffix = ".partial";
    private const int MostMarkBytes = 8192;

    private readonly string _target;

    private CopyDirectory(string target) => _target = target;

    /// <summary>The directory that is written.</summary>
    public string Partial => _target + PartialSuffix;

    /// <summary>Whether an earlier run has created the store.</summary>
    public bool HasStore => File.Exists(Path.Combine(Partial, SegmentFiles.ManifestFile));

    /// <summary>Begins a copy, or continues an earlier one.</summary>
    /// <exception cref="IOException">The target exists, or holds something other than this copy.</exception>
    public static CopyDirectory Begin(string target, string source)
    {
        var directory = new CopyDirectory(Path.TrimEndingDirectorySeparator(Path.GetFullPath(target)));
        if (File.Exists(directory._target) || (Directory.Exists(directory._target) && Directory.EnumerateFileSystemEntries(directory._target).Any()))
            throw new IOException($"'{directory._target}' is there already and not empty. Name a directory that is not there.");
        directory.Mark(source);
        return directory;
    }

    /// <summary>Gives the complete store its name.</summary>
    public void Complete()
    {
        if (Directory.Exists(_target))
            Directory.Delete(_target);
        Directory.Move(Partial, _target);
        new FileStorage(Path.GetDirectoryName(_target)!).SyncDirectory("");
        new FileStorage(_target).Delete(MarkFile);
    }

    private void Mark(string source)
    {
        var storage = new FileStorage(Partial);
        if (storage.Exists(MarkTemporary))
            storage.Delete(MarkTemporary);
        if (File.Exists(Partial) || storage.List("").Count > 0)
        {
            if (!storage.Exists(MarkFile))
                throw new IOException($"'{Partial}', where the copy is written, is there already and is no copy that was begun. Remove it, or name another target.");
            if (Read(storage) is var begun && begun != source)
                throw new IOException($"'{Partial}' is a copy of {begun} that was begun, and not of {source}. Go on with that one, remove the directory, or name another target.");
            return;
        }

        storage.CreateDirectory("");
        using (IStorageFile file = storage.Open(MarkTemporary, StorageAccess.CreateNew))
        {
            file.Write(Encoding.UTF8.GetBytes(source), 0);
            file.SyncData();
        }

        storage.Rename(MarkTemporary, MarkFile);
        storage.SyncDirectory("");
    }

    private static string Read(FileStorage storage)
    {
        using IStorageFile file = storage.Open(MarkFile, StorageAccess.Read);
        var bytes = new byte[MostMarkBytes];
        return Encoding.UTF8.GetString(bytes, 0, file.Read(bytes, 0));
    }
}
