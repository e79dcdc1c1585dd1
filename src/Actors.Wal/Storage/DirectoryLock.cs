using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Actors.Wal.Storage;

/// <summary>
/// The advisory lock on a store's directory. Its file names the process that holds it. The lock ends with the process, also when
/// that is killed. The system call is made directly, because the managed API's locking can be switched off from outside the process.
/// </summary>
internal sealed class DirectoryLock : IDisposable
{
    private readonly SafeFileHandle? _handle;

    private DirectoryLock(SafeFileHandle? handle) => _handle = handle;

    /// <summary>Takes a shared lock, so that no owner opens the store while it is read. Works on read-only media.</summary>
    /// <exception cref="StoreInUseException">The store is open.</exception>
    public static DirectoryLock Share(string directory, string path)
    {
        if (!File.Exists(path))
            return new DirectoryLock(null);
        if (OperatingSystem.IsWindows())
            return new DirectoryLock(OpenWindows(directory, path, FileMode.Open, FileAccess.Read));
        SafeFileHandle handle = Native.OpenUnlockedToRead(path);
        return Native.TryLockShared(handle, path) ? new DirectoryLock(handle) : throw InUse(directory, handle);
    }

    public static DirectoryLock Take(string directory, string path, UnixFileMode mode)
    {
        SafeFileHandle handle = OperatingSystem.IsWindows() ? OpenWindows(directory, path, FileMode.OpenOrCreate, FileAccess.ReadWrite) : OpenUnix(directory, path, mode);
        string holder = string.Create(
            CultureInfo.InvariantCulture, $"process {Environment.ProcessId} ({Environment.ProcessPath}) on {Environment.MachineName}");
        try
        {
            var file = new OpenFile(path, handle);
            file.Truncate(0);
            file.Write(Encoding.UTF8.GetBytes(holder), 0);
            return new DirectoryLock(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (_handle is null)
            return;
        if (!OperatingSystem.IsWindows() && !_handle.IsClosed)
            Native.Unlock(_handle);
        _handle.Dispose();
    }

    [UnsupportedOSPlatform("windows")]
    private static SafeFileHandle OpenUnix(string directory, string path, UnixFileMode mode)
    {
        if (!File.Exists(path))
        {
            using SafeFileHandle created = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
            File.SetUnixFileMode(created, mode);
        }

        SafeFileHandle handle = Native.OpenUnlocked(path);
        return Native.TryLock(handle, path) ? handle : throw InUse(directory, handle);
    }

    private static StoreInUseException InUse(string directory, SafeFileHandle handle)
    {
        var buffer = new byte[512];
        int count = RandomAccess.Read(handle, buffer, 0);
        handle.Dispose();
        return new StoreInUseException(directory, count == 0 ? "another process" : Encoding.UTF8.GetString(buffer, 0, count).Trim());
    }

    private static SafeFileHandle OpenWindows(string directory, string path, FileMode mode, FileAccess access)
    {
        const int SharingViolation = unchecked((int)0x80070020);
        try
        {
            return File.OpenHandle(path, mode, access, FileShare.Read);
        }
        catch (IOException e) when (e.HResult == SharingViolation)
        {
            throw new StoreInUseException(directory, "another process");
        }
    }
}
