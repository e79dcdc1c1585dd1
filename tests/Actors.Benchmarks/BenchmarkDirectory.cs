namespace Actors.Benchmarks;

/// <summary>A temporary directory on the measured disk. It is deleted when the run ends.</summary>
internal sealed class BenchmarkDirectory : IDisposable
{
    private const string Prefix = "actors-benchmarks-";

    private int _count;

    public BenchmarkDirectory(DirectoryInfo? parent)
    {
        if (parent is null)
        {
            Path = Directory.CreateTempSubdirectory(Prefix).FullName;
            return;
        }

        Path = System.IO.Path.Combine(parent.FullName, Prefix + System.IO.Path.GetRandomFileName());
        try
        {
            Directory.CreateDirectory(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BenchmarkException($"--directory '{parent}' can't be used: {e.Message}");
        }
    }

    public string Path { get; }

    /// <summary>Whether the directory is in memory. A flush costs nothing there, so all results of a log would be wrong.</summary>
    public bool IsInMemory => new DriveInfo(Path).DriveFormat is "tmpfs" or "ramfs";

    /// <summary>Returns a new directory path; the caller creates the directory.</summary>
    public string Next(string name) => System.IO.Path.Combine(Path, $"{name}-{Interlocked.Increment(ref _count)}");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
