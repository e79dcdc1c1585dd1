namespace Actors.Wal.Storage;

/// <summary>Copies files between directories.</summary>
internal static class FileCopy
{
    private const int ChunkBytes = 1024 * 1024;

    /// <summary>Copies a part of a file to a new file, and makes its bytes durable.</summary>
    /// <param name="from">Where the file is.</param>
    /// <param name="path">The file.</param>
    /// <param name="begin">The offset of the first byte.</param>
    /// <param name="bytes">How many; fewer where the file ends before.</param>
    /// <param name="to">Where the copy is to be.</param>
    /// <param name="copyPath">The copy.</param>
    /// <param name="cancellationToken">Stops between two chunks.</param>
    /// <returns>The bytes copied.</returns>
    /// <exception cref="LogCorruptException">The file got shorter meanwhile.</exception>
    public static long Copy(IStorage from, string path, long begin, long bytes, IStorage to, string copyPath, CancellationToken cancellationToken)
    {
        using IStorageFile source = from.Open(path, StorageAccess.Read);
        using IStorageFile copy = to.Open(copyPath, StorageAccess.CreateNew);
        long length = Math.Min(bytes, source.LengthBytes - begin);
        var buffer = new byte[Math.Min(ChunkBytes, length)];
        for (long at = 0; at < length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = source.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - at)), begin + at);
            if (count == 0)
                throw new LogCorruptException($"The file ends at {begin + at} bytes while it is copied.", path, begin + at);
            copy.Write(buffer.AsSpan(0, count), at);
            at += count;
        }

        copy.SyncData();
        return length;
    }
}
