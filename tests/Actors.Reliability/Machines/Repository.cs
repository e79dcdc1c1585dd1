namespace Actors.Reliability.Machines;

/// <summary>The repository from which this program was built.</summary>
internal static class Repository
{
    /// <summary>The root directory, above the running program.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Actors.sln")))
            directory = directory.Parent;
        return directory?.FullName ?? throw new InvalidOperationException("The sources were not found: run this from a build inside of the repository.");
    }
}
