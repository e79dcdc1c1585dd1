using Actors.Wal.Storage;

namespace Actors.Wal.Backup;

/// <summary>Copies files between directories.</summary>
internal static class FileCopy
{
    private const int ChunkBytes = 1024 * 1024;

    /// <summary>Copies a file's beginning to a new file, and makes its bytes durable.</summary>
    /// <returns>The bytes copied.</returns>
    /// <exception cref="LogCorruptException">The file got shorter meanwhile.</exception>
    public static long Copy(IStorage from, string path, IStorage to, string copyPath, long bytes, CancellationToken cancellationToken)
    {
        using IStorageFile source = from.Open(path, StorageAccess.Read);
        using IStorageFile copy = to.Open(copyPath, StorageAccess.CreateNew);
        long length = Math.Min(bytes, source.LengthBytes);
        var buffer = new byte[Math.Min(ChunkBytes, length)];
        for (long at = 0; at < length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = source.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - at)), at);
            if (count == 0)
                throw new LogCorruptException($"The file ends at {at} bytes while it is copied.", path, at);
            copy.Write(buffer.AsSpan(0, count), at);
            at += count;
        }

        copy.SyncData();
        return length;
    }
}
