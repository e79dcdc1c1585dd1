namespace Actors.Wal.Storage;

/// <summary>Classifies the <see cref="IOException"/>s of <see cref="IStorage"/>.</summary>
internal static class StorageErrors
{
    private const int NoMemory = 12;
    private const int TooManyFilesInSystem = 23;
    private const int TooManyFiles = 24;
    private const int NoSpace = 28;
    private const int QuotaExceededLinux = 122;
    private const int QuotaExceededMac = 69;
    private const int DiskFullWindows = unchecked((int)0x80070070);
    private const int HandleDiskFullWindows = unchecked((int)0x80070027);

    /// <summary>Whether the disk is full or a quota is used up.</summary>
    public static bool IsFull(IOException error)
        => error.HResult is NoSpace or QuotaExceededLinux or QuotaExceededMac or DiskFullWindows or HandleDiskFullWindows;

    /// <summary>Whether too many files are open or memory is short. Nothing was done, and a later attempt may succeed.</summary>
    public static bool IsShortage(IOException error) => error.HResult is NoMemory or TooManyFiles or TooManyFilesInSystem;
}
