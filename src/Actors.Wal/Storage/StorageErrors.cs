namespace Actors.Wal.Storage;

/// <summary>What an <see cref="IOException"/> of the seam means.</summary>
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

    /// <summary>Whether there is no room.</summary>
    public static bool IsFull(IOException error)
        => error.HResult is NoSpace or QuotaExceededLinux or QuotaExceededMac or DiskFullWindows or HandleDiskFullWindows;

    /// <summary>Whether this process or the system has too many files open, or too little memory: nothing was done, and trying again later helps.</summary>
    public static bool IsShortage(IOException error) => error.HResult is NoMemory or TooManyFiles or TooManyFilesInSystem;
}
