namespace Actors.Reliability.Machines;

/// <summary>A file that fills a file system, except for a given free space.</summary>
internal sealed class Filler
{
    private readonly string _path;

    public Filler(string mount, int roomKib)
    {
        _path = Path.Combine(mount, "filler");
        long bytes = new DriveInfo(mount).AvailableFreeSpace - roomKib * 1024L;
        using var file = new FileStream(_path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, PreallocationSize = bytes });
    }

    /// <summary>Frees the space again.</summary>
    public void Delete() => File.Delete(_path);
}
