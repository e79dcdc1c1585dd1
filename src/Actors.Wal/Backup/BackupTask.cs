using Actors.Wal.Format;
using Actors.Wal.Inspection;
using Actors.Wal.Recovery;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Backup;

/// <summary>Makes a copy of a store up to what is durable in it, also while its owner goes on writing.</summary>
internal sealed class BackupTask(ReadOnlyStorage source, IStorage target, Func<LogPiece, bool> tryLink)
{
    // What the owner writes meanwhile may be read half: then the copy is begun anew.
    private const int Tries = 10;

    public Action<int, int> Progress { get; init; } = static (_, _) => { };

    /// <summary>The last record that the owner knows to be durable; zero where only the files can tell.</summary>
    public Lsn KnownDurable { get; init; }

    public BackupReport Run(CancellationToken cancellationToken)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                return Copy(cancellationToken);
            }
            catch (Exception e) when (tries < Tries && e is FileNotFoundException or LogCorruptException or LogUnreadableException { InnerException: FileNotFoundException })
            {
                Clear();
            }
        }
    }

    private BackupReport Copy(CancellationToken cancellationToken)
    {
        using PinnedStorage pinned = PinnedStorage.Open(source);
        Manifest manifest = StoreDirectory.Read(pinned);
        List<LogPiece> pieces = LogOutline.Read(pinned, manifest);
        if (pieces is [] or [.., { Name.IsCold: true }])
            throw new LogCorruptException("The store has no segment that is being written; open it once.", SegmentFiles.SegmentDirectory, 0);
        LogPiece last = pieces[^1];
        ulong durable = LogCut.DurableBatch(last, manifest, isLast: true);
        LogCut cut = LogCut.Find(last, manifest, b => b.Number <= durable || b.LastLsn <= KnownDurable);
        var copy = new LogCopy(target, manifest, tryLink, cancellationToken) { Progress = done => Progress(done, pieces.Count) };
        copy.Write(pieces.SkipLast(1), last, cut, pinned);
        CopyCheck.Run(target);
        return new BackupReport(cut.End.LastLsn, UnixMicros.ToTime(cut.TimeMicros), copy.Segments, copy.Linked, copy.CopiedBytes);
    }

    private void Clear()
    {
        foreach (string directory in new[] { SegmentFiles.SegmentDirectory, SegmentFiles.IndexDirectory })
        {
            foreach (string name in target.List(directory))
                target.Delete($"{directory}/{name}");
        }
    }
}

/// <summary>Opens a copy as its owner would, without changing it: what does not follow from each other is found here and not when the copy is needed.</summary>
internal static class CopyCheck
{
    public static Lsn Run(IStorage target)
    {
        using var segments = new SegmentSet();
        return new LogRecovery(new ReadOnlyStorage(target), StoreDirectory.Read(target), segments, created: false).Run().Position.LastLsn;
    }
}
