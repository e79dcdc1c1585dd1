namespace Actors.Reliability.Machines;

/// <summary>The sources that this program was built from.</summary>
internal static class Repository
{
    /// <summary>The directory that holds them, above the running program.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Actors.sln")))
            directory = directory.Parent;
        return directory?.FullName ?? throw new InvalidOperationException("The sources were not found: run this from a build inside of the repository.");
    }
}
