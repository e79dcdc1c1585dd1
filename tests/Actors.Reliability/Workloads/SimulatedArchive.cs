using Actors.Reliability.Disk;
using Actors.Wal.Backup;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Reliability.Workloads;

/// <summary>An archive on its own simulated disk, which outlives the owners of the store.</summary>
internal sealed class SimulatedArchive(SimulatedDisk disk)
{
    public SimulatedDisk Disk => disk;

    public long Segments { get; private set; }

    /// <summary>Returns the archive for the owner of a store on the given disk.</summary>
    public ISegmentArchive Of(IStorage source) => new Owner(this, source);

    private void Store(IStorage source, string name)
    {
        string path = $"{SegmentFiles.SegmentDirectory}/{name}";
        if (disk.Exists(path))
        {
            if (!SameFile.Is(path, source, disk))
                throw new IOException($"'{path}' is another segment than the archive has.");
            return;
        }

        disk.CreateDirectory(SegmentFiles.SegmentDirectory);
        FileCopy.Copy(source, path, 0, long.MaxValue, disk, path, CancellationToken.None);
        disk.SyncDirectory(SegmentFiles.SegmentDirectory);
        Segments++;
    }

    private sealed class Owner(SimulatedArchive archive, IStorage source) : ISegmentArchive
    {
        public ValueTask StoreAsync(string name, string path, CancellationToken cancellationToken)
        {
            archive.Store(source, name);
            return ValueTask.CompletedTask;
        }
    }
}
