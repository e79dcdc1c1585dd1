using Actors.Wal.Storage;

namespace Actors.Reliability.Disk;

/// <summary>An open file of a simulated disk. It stays valid when its name is deleted or given to another file.</summary>
internal sealed class OpenSimulatedFile(SimulatedDisk disk, string path, SimulatedFile file) : IStorageFile
{
    private const int NoSpace = 28;

    public string Path => $"{disk.Root}/{path}";

    public long LengthBytes => file.LengthBytes;

    public int Read(Span<byte> buffer, long offsetBytes) => file.Read(buffer, offsetBytes);

    public void Write(ReadOnlySpan<byte> bytes, long offsetBytes)
    {
        try
        {
            disk.Begin(new DiskOperation(DiskAction.Write, path));
            NeedRoom(offsetBytes + bytes.Length);
        }
        catch (IOException)
        {
            // A failed write may have written some of its first sectors.
            int written = disk.Random.Next(bytes.Length + 1) / SimulatedFile.SectorBytes * SimulatedFile.SectorBytes;
            if (disk.HasRoomFor(file.GrowthOf(offsetBytes + written)))
                file.Write(bytes[..written], offsetBytes);
            throw;
        }

        file.Write(bytes, offsetBytes);
    }

    public bool Allocate(long lengthBytes)
    {
        disk.Begin(new DiskOperation(DiskAction.Allocate, path));
        NeedRoom(lengthBytes);
        file.Allocate(lengthBytes);
        return true;
    }

    public void Truncate(long lengthBytes)
    {
        disk.Begin(new DiskOperation(DiskAction.Truncate, path));
        file.Truncate(lengthBytes);
    }

    public void SyncData()
    {
        if (file.IsClean)
            return;
        try
        {
            disk.Begin(new DiskOperation(DiskAction.Sync, path));
        }
        catch (IOException)
        {
            file.FailSync(disk.Random);
            throw;
        }

        file.Sync();
    }

    public void DropCache() => file.DropCache();

    public void Dispose()
    {
    }

    private void NeedRoom(long endBytes)
    {
        if (!disk.HasRoomFor(file.GrowthOf(endBytes)))
            throw new IOException($"No space left for '{path}'.", NoSpace);
    }
}
