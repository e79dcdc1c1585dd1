namespace Actors.ClientDemo;

/// <summary>The directory of the silo's logs: a temporary one that is deleted with the demo, or the caller's, which stays.</summary>
internal sealed class DemoDirectory : IDisposable
{
    private readonly bool _temporary;

    public DemoDirectory(DirectoryInfo? wanted)
    {
        _temporary = wanted is null;
        if (wanted is null)
        {
            Path = Directory.CreateTempSubdirectory("actors-demo-").FullName;
            return;
        }

        if (wanted.Exists && wanted.EnumerateFileSystemInfos().Any())
            throw new DemoException($"--directory '{wanted}' is not empty; name an empty or a new one.");
        try
        {
            wanted.Create();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DemoException($"--directory '{wanted}' can't be created: {e.Message}");
        }

        Path = wanted.FullName;
    }

    public string Path { get; }

    public void Dispose()
    {
        if (_temporary)
            Directory.Delete(Path, recursive: true);
    }
}
