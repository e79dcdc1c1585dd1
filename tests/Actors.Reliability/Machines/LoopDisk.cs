using System.Runtime.InteropServices;

namespace Actors.Reliability.Machines;

/// <summary>
/// A file system in a file, mounted through a loop device. It can be shut down as by a loss of power: data and names that
/// were not flushed are gone when it is mounted again.
/// </summary>
internal sealed partial class LoopDisk : IDisposable
{
    private const uint ShutDownRequest = 0x8004_587D; // _IOR('X', 125, u32), the same for ext4 and xfs
    private const uint WithoutFlushingTheLog = 2;
    private const int CloseOnExec = 0x80000;
    private const long ImageBytes = 320L * 1024 * 1024; // the minimum of xfs

    private const int UnmountTries = 50;
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(20);

    private readonly bool _isOwner;

    private LoopDisk(string root, bool isOwner)
    {
        Root = root;
        _isOwner = isOwner;
    }

    /// <summary>The directory of the image and the mount point. With it another process can cut the power too.</summary>
    public string Root { get; }

    /// <summary>The mount point.</summary>
    public string Mount => Path.Combine(Root, "mount");

    private string Image => Path.Combine(Root, "image");

    /// <summary>Creates a file system and mounts it.</summary>
    /// <param name="type">ext4 or xfs.</param>
    public static LoopDisk Create(string type)
    {
        var disk = new LoopDisk(Directory.CreateTempSubdirectory("actors-disk-").FullName, isOwner: true);
        try
        {
            Directory.CreateDirectory(disk.Mount);
            using (FileStream image = File.Create(disk.Image))
                image.SetLength(ImageBytes);
            if (type == "ext4")
                Shell.Run("mkfs.ext4", "-q", "-F", "-b", "4096", "-m", "0", disk.Image);
            else
                Shell.Run("mkfs.xfs", "-q", disk.Image);
            disk.MountIt();
            return disk;
        }
        catch
        {
            disk.Dispose();
            throw;
        }
    }

    /// <summary>Returns a file system that another process created.</summary>
    public static LoopDisk At(string root) => new(root, isOwner: false);

    /// <summary>Shuts the file system down: later writes do not reach the disk.</summary>
    public void CutPower()
    {
        int descriptor = Open(Mount, CloseOnExec);
        if (descriptor < 0)
            throw new InvalidOperationException($"'{Mount}' can't be opened: error {Marshal.GetLastPInvokeError()}.");
        uint how = WithoutFlushingTheLog;
        int result = Control(descriptor, ShutDownRequest, ref how);
        int error = Marshal.GetLastPInvokeError();
        _ = Close(descriptor);
        if (result != 0)
            throw new InvalidOperationException($"The file system at '{Mount}' can't be shut down: error {error}.");
    }

    /// <summary>Cuts the power under a process, kills it, and mounts the file system again.</summary>
    public void CutPowerUnder(int process)
    {
        Signals.Stop(process);
        CutPower();
        Signals.Kill(process);
        Restart();
    }

    /// <summary>Mounts the file system again. No process may have a file of it open.</summary>
    public void Restart()
    {
        Unmount();
        MountIt();
    }

    public void Dispose()
    {
        if (!_isOwner)
            return;
        if (File.ReadLines("/proc/mounts").Any(m => m.Split(' ')[1] == Mount))
            Shell.Run("umount", "-l", Mount);
        Directory.Delete(Root, recursive: true);
    }

    /// <summary>Unmounts with retries: a child process that is just being started has copies of this process's descriptors for a moment.</summary>
    private void Unmount()
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                Shell.Run("umount", Mount);
                return;
            }
            catch (InvalidOperationException) when (tries < UnmountTries)
            {
                Task.Delay(BetweenTries, TimeProvider.System).Wait();
            }
        }
    }

    private void MountIt() => Shell.Run("mount", "-o", "loop", Image, Mount);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, nuint request, ref uint argument);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
