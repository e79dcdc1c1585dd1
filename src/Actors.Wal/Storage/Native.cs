using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Actors.Wal.Storage;

/// <summary>
/// The system calls that the managed API lacks or gets wrong. The managed flush returns normally when the device reported
/// EIO, ENOSPC or EROFS, so files are flushed here, and errors are thrown.
/// </summary>
internal static partial class Native
{
    private const int Interrupted = 4;
    private const int InvalidArgument = 22;
    private const int LockShared = 1;
    private const int LockExclusive = 2;
    private const int LockNonBlocking = 4;
    private const int LockRelease = 8;
    private const int WouldBlockLinux = 11;
    private const int WouldBlockMac = 35;
    private const int ReadWriteLinux = 2 | 0x80000; // O_RDWR | O_CLOEXEC
    private const int ReadWriteMac = 2 | 0x1000000;
    private const int ReadLinux = 0x80000; // O_RDONLY | O_CLOEXEC
    private const int ReadMac = 0x1000000;
    private const int ReadOnlyDirectory = 0x10000 | 0x80000; // O_DIRECTORY | O_CLOEXEC on Linux
    private const int FullSync = 51; // F_FULLFSYNC on macOS
    private const int AdviseDontNeed = 4;

    /// <summary>
    /// Opens an existing file for reading and writing without the shared lock that the managed API takes on every
    /// file: that lock would fail while another handle holds an exclusive lock. Not for Windows.
    /// </summary>
    public static SafeFileHandle OpenUnlocked(string path) => OpenUnlocked(path, OperatingSystem.IsMacOS() ? ReadWriteMac : ReadWriteLinux);

    /// <summary>As <see cref="OpenUnlocked(string)"/>, for reading only.</summary>
    public static SafeFileHandle OpenUnlockedToRead(string path) => OpenUnlocked(path, OperatingSystem.IsMacOS() ? ReadMac : ReadLinux);

    private static SafeFileHandle OpenUnlocked(string path, int flags)
    {
        int descriptor = Open(path, flags);
        return descriptor < 0
            ? throw Error("opening", path, Marshal.GetLastPInvokeError())
            : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Takes an exclusive advisory lock without waiting; false when it is held already. Not for Windows.</summary>
    public static bool TryLock(SafeFileHandle handle, string path) => TryLock(handle, path, LockExclusive);

    /// <summary>Takes a shared advisory lock without waiting; false when an exclusive lock is held. Not for Windows.</summary>
    public static bool TryLockShared(SafeFileHandle handle, string path) => TryLock(handle, path, LockShared);

    private static bool TryLock(SafeFileHandle handle, string path, int kind)
    {
        while (Flock(handle, kind | LockNonBlocking) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error is WouldBlockLinux or WouldBlockMac)
                return false;
            if (error != Interrupted)
                throw Error("locking", path, error);
        }

        return true;
    }

    /// <summary>
    /// Releases the lock. Closing the file is not enough: a child process that is just being started has a copy of the
    /// descriptor, which keeps the lock. Not for Windows.
    /// </summary>
    public static void Unlock(SafeFileHandle handle) => _ = Flock(handle, LockRelease);

    public static void SyncData(SafeFileHandle handle, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            if (!FlushFileBuffers(handle))
                throw Error("flushing", path, Marshal.GetLastPInvokeError());
            return;
        }

        while (true)
        {
            int result = OperatingSystem.IsMacOS() ? Fcntl(handle, FullSync) : Fdatasync(handle);
            if (result == 0)
                return;
            int error = Marshal.GetLastPInvokeError();
            if (error != Interrupted)
                throw Error("flushing", path, error);
        }
    }

    public static void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            return; // NTFS journals names; there is no call for it.
        int descriptor = Open(path, OperatingSystem.IsMacOS() ? 0 : ReadOnlyDirectory);
        if (descriptor < 0)
            throw Error("opening the directory", path, Marshal.GetLastPInvokeError());
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        int result;
        do
        {
            result = Fsync(handle);
        }
        while (result != 0 && Marshal.GetLastPInvokeError() == Interrupted);
        if (result != 0)
            throw Error("flushing the directory", path, Marshal.GetLastPInvokeError());
    }

    /// <summary>Reserves space and makes the file at least this long; false if the system can only set the length.</summary>
    public static bool Allocate(SafeFileHandle handle, string path, long lengthBytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.SetLength(handle, lengthBytes);
            return false;
        }

        int error;
        do
        {
            error = PosixFallocate(handle, 0, lengthBytes);
        }
        while (error == Interrupted);
        const int NotSupported = 95;
        if (error is NotSupported or InvalidArgument)
        {
            RandomAccess.SetLength(handle, lengthBytes);
            return false;
        }

        return error == 0 ? true : throw Error("allocating", path, error);
    }

    /// <summary>Drops cached pages, as advice. A file system that ignores it costs certainty after a failed flush, not correctness.</summary>
    public static void DropCache(SafeFileHandle handle)
    {
        if (OperatingSystem.IsLinux())
            _ = PosixFadvise(handle, 0, 0, AdviseDontNeed);
    }

    private static IOException Error(string doing, string path, int errno)
        => new($"Error {errno} ({new Win32Exception(errno).Message}) on {doing} '{path}'.", errno);

    /// <summary>Gives a file a second name (a hard link); false if the file system can't.</summary>
    public static bool TryLink(string existing, string path) => !OperatingSystem.IsWindows() && Link(existing, path) == 0;

    /// <summary>Returns the process's user for messages: its number, by which a directory is given to it, and its name if it has one.</summary>
    public static string User()
    {
        string name = Environment.UserName is { Length: > 0 } known ? $" '{known}'" : "";
        return OperatingSystem.IsWindows() ? $"User{name}" : $"User {GetEffectiveUser()}{name}";
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUser();

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string path);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int Fdatasync(SafeFileHandle descriptor);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(SafeFileHandle descriptor);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(SafeFileHandle descriptor, int command);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(SafeFileHandle descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int PosixFallocate(SafeFileHandle descriptor, long offset, long length);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int PosixFadvise(SafeFileHandle descriptor, long offset, long length, int advice);

    [LibraryImport("kernel32.dll", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool FlushFileBuffers(SafeFileHandle file);
}
