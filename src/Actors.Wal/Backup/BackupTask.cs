using Actors.Wal.Format;
using Actors.Wal.Inspection;
using Actors.Wal.Recovery;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Backup;

/// <summary>Copies a store up to the last batch that is known to be durable, also while its owner writes.</summary>
internal sealed class BackupTask(ReadOnlyStorage source, IStorage target, Func<LogPiece, bool> tryLink)
{
    // While the owner writes, the copy may read a half-written batch or miss a file that compaction deleted. It then starts again.
    private const int Tries = 10;

    public Action<int, int> Progress { get; init; } = static (_, _) => { };

    /// <summary>The last record that the owner knows to be durable; zero when durability is known from the files alone.</summary>
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

/// <summary>Runs recovery on a copy without changing it, so that an inconsistent copy is found now and not when it is needed.</summary>
internal static class CopyCheck
{
    public static Lsn Run(IStorage target)
    {
        using var segments = new SegmentSet();
        return new LogRecovery(new ReadOnlyStorage(target), StoreDirectory.Read(target), segments, created: false).Run().Position.LastLsn;
    }
}
