namespace Actors.Reliability.Machines;

/// <summary>A small file system in memory.</summary>
internal sealed class MemoryDisk : IDisposable
{
    private readonly DirectoryInfo _mount = Directory.CreateTempSubdirectory("actors-memory-");

    public MemoryDisk(int mebibytes)
    {
        try
        {
            Shell.Run("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m", "tmpfs", Mount);
        }
        catch
        {
            _mount.Delete();
            throw;
        }
    }

    public string Mount => _mount.FullName;

    public void Dispose()
    {
        Shell.Run("umount", "-l", Mount);
        _mount.Delete();
    }
}
