using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Actors.Wal.Storage;

/// <summary>
/// The exclusive advisory lock on a store's directory, with its holder's name inside. It ends with the process,
/// however that ends. The call is made directly: the managed API's own locking can be switched off from outside.
/// </summary>
internal sealed class DirectoryLock : IDisposable
{
    private readonly SafeFileHandle _handle;

    private DirectoryLock(SafeFileHandle handle) => _handle = handle;

    public static DirectoryLock Take(string directory, string path, UnixFileMode mode)
    {
        SafeFileHandle handle = OperatingSystem.IsWindows() ? OpenWindows(directory, path) : OpenUnix(directory, path, mode);
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
        if (Native.TryLock(handle, path))
            return handle;

        var buffer = new byte[512];
        int count = RandomAccess.Read(handle, buffer, 0);
        handle.Dispose();
        throw new StoreInUseException(directory, count == 0 ? "another process" : Encoding.UTF8.GetString(buffer, 0, count).Trim());
    }

    private static SafeFileHandle OpenWindows(string directory, string path)
    {
        const int SharingViolation = unchecked((int)0x80070020);
        try
        {
            return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        }
        catch (IOException e) when (e.HResult == SharingViolation)
        {
            throw new StoreInUseException(directory, "another process");
        }
    }
}
