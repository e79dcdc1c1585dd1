namespace Actors.Wal.Storage;

/// <summary>
/// The interface to the file system: every file operation of the store uses it, so that a simulated disk can replace it.
/// Paths are relative to the store's directory, with forward slashes. Errors are <see cref="IOException"/>.
/// </summary>
internal interface IStorage
{
    /// <summary>The store's directory, for messages.</summary>
    string Root { get; }

    /// <summary>Takes the advisory lock; disposing releases it.</summary>
    /// <exception cref="StoreInUseException">The lock is held already.</exception>
    IDisposable Lock(string path);

    /// <summary>
    /// Creates a directory unless it exists. Its name is durable after <see cref="SyncDirectory"/>; the name of the store's own
    /// directory, the empty path, is durable at once.
    /// </summary>
    void CreateDirectory(string path);

    /// <summary>The names in a directory, in ordinal order; empty when there is no such directory.</summary>
    IReadOnlyList<string> List(string path);

    bool Exists(string path);

    IStorageFile Open(string path, StorageAccess access);

    /// <summary>Replaces <paramref name="to"/> atomically if it exists. Durable after <see cref="SyncDirectory"/>.</summary>
    void Rename(string from, string to);

    void Delete(string path);

    /// <summary>Makes names created, renamed or deleted in a directory durable.</summary>
    void SyncDirectory(string path);
}

internal enum StorageAccess
{
    Read,
    ReadWrite,
    CreateNew,
}

internal interface IReadableFile
{
    long LengthBytes { get; }

    /// <summary>Reads up to the buffer's length; fewer bytes only at the end of the file.</summary>
    /// <exception cref="LogUnreadableException">The device or the file system refused to read.</exception>
    int Read(Span<byte> buffer, long offsetBytes);
}

internal interface IStorageFile : IReadableFile, IDisposable
{
    /// <summary>The full path, for messages.</summary>
    string Path { get; }

    /// <summary>Writes all bytes or throws.</summary>
    void Write(ReadOnlySpan<byte> bytes, long offsetBytes);

    /// <summary>Reserves space from 0 to the length, and makes the file at least that long. Unwritten bytes read as zeros.</summary>
    /// <returns>Whether the space is reserved; if the system can't, only written bytes have space.</returns>
    bool Allocate(long lengthBytes);

    void Truncate(long lengthBytes);

    /// <summary>Makes data and length durable. An error is final: never call it again for the same bytes.</summary>
    void SyncData();

    /// <summary>Drops cached pages, so that the next read shows what the device holds.</summary>
    void DropCache();
}
