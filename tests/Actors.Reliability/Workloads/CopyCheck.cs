using Actors.Reliability.Disk;
using Actors.Reliability.Model;
using Actors.Wal.Backup;
using Actors.Wal.Inspection;
using Actors.Wal.Local;

namespace Actors.Reliability.Workloads;

/// <summary>Backs a running simulated store up, restores the backup to some record, and compares both with the model.</summary>
internal sealed class CopyCheck(LocalLogStore store, SimulatedDisk disk, LogModel model, SimulatedArchive? archive, int seed)
{
    private readonly Random _random = new(seed);

    public long Backups { get; private set; }

    public long Restored { get; private set; }

    /// <summary>Restores that were refused because compaction had removed the required records.</summary>
    public long Refused { get; private set; }

    /// <exception cref="InvariantException">A backup or a restored store has other content than expected.</exception>
    public void Run()
    {
        long floor = model.Floor;
        var copy = new SimulatedDisk();
        BackupReport made = new BackupTask(new ReadOnlyStorage(disk), copy, static _ => false) { KnownDurable = store.Parts.Publication.End.Durable }.Run(CancellationToken.None);
        Same("A backup", copy, made.LastLsn.Value, floor);
        Backups++;
        if (made.LastLsn.Value > 0)
            Restore(copy, _random.NextInt64(1, made.LastLsn.Value + 1));
    }

    private void Restore(SimulatedDisk copy, long to)
    {
        var target = new SimulatedDisk();
        try
        {
            BackupReport restored = new RestoreTask(new ReadOnlyStorage(copy), archive is null ? null : new ReadOnlyStorage(archive.Disk), target, new Lsn(to), null).Run(CancellationToken.None);
            if (restored.LastLsn.Value > to)
                throw new InvariantException($"Restored to LSN {to}, a store ends at LSN {restored.LastLsn}.");
            Same($"A store that was restored to LSN {to}", target, restored.LastLsn.Value, 0);
            Restored++;
        }
        catch (ArgumentException e) when (archive is null || e.Message.Contains("nothing to restore", StringComparison.Ordinal))
        {
            Refused++;
        }
    }

    private void Same(string what, SimulatedDisk copy, long last, long floor)
    {
        try
        {
            LocalLogStore opened = SimulatedStore.Open(store.Options with { Archive = null, VerifyOnOpen = _random.Next(2) == 0 }, copy.AfterCrash(), seed);
            if (opened.Recovery.LastLsn.Value != last)
                throw new InvariantException($"It says that it ends at LSN {last}, and ends at {opened.Recovery.LastLsn}.");
            ModelCheck.Same(opened, ModelCheck.Prefix(model, last, floor));
        }
        catch (Exception e)
        {
            throw new InvariantException($"{what} is not what it should be: {e.Message}", e);
        }
    }
}
