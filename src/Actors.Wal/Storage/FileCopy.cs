namespace Actors.Wal.Storage;

/// <summary>Copies files between directories.</summary>
internal static class FileCopy
{
    private const int ChunkBytes = 1024 * 1024;

    /// <summary>Copies a part of a file to a new file, and makes its bytes durable.</summary>
    /// <param name="from">The storage of the file.</param>
    /// <param name="path">The path of the file.</param>
    /// <param name="begin">The offset of the first byte.</param>
    /// <param name="bytes">The number of bytes; fewer if the file ends before.</param>
    /// <param name="to">The storage of the copy.</param>
    /// <param name="copyPath">The path of the copy.</param>
    /// <param name="cancellationToken">Stops between two chunks.</param>
    /// <returns>The bytes copied.</returns>
    /// <exception cref="LogCorruptException">The file became shorter during the copy.</exception>
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
