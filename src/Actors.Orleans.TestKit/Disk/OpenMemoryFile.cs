using Actors.Wal.Storage;

namespace Actors.Orleans.TestKit.Disk;

/// <summary>An open file of a disk in memory. It stays usable after its name was deleted.</summary>
internal sealed class OpenMemoryFile(MemoryDisk disk, string path, MemoryFile file) : IStorageFile
{
    public string Path => $"{disk.Root}/{path}";

    public long LengthBytes => disk.Run(() => file.LengthBytes);

    public int Read(Span<byte> buffer, long offsetBytes)
    {
        var copy = new byte[buffer.Length];
        int count = disk.Run(() => file.Read(copy, offsetBytes));
        copy.AsSpan(0, count).CopyTo(buffer);
        return count;
    }

    public void Write(ReadOnlySpan<byte> bytes, long offsetBytes)
    {
        byte[] copy = bytes.ToArray();
        disk.Run(() => file.Write(copy, offsetBytes));
    }

    public bool Allocate(long lengthBytes)
    {
        disk.Run(() => file.Grow(lengthBytes));
        return true;
    }

    public void Truncate(long lengthBytes) => disk.Run(() => file.Truncate(lengthBytes));

    public void SyncData() => disk.Run(file.Sync);

    public void DropCache()
    {
    }

    public void Dispose()
    {
    }
}
