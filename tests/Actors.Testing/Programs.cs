namespace Actors.Testing;

/// <summary>Finds programs of the operating system.</summary>
public static class Programs
{
    // Folders that PATH often includes only for root.
    private static readonly string[] SystemFolders = ["/usr/sbin", "/sbin"];

    /// <summary>Returns the path of an installed program, or null. Searches the given folders first, then those of PATH.</summary>
    public static string? Find(string program, params IEnumerable<string> folders)
        => folders
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
            .Concat(SystemFolders)
            .Select(f => Path.Combine(f, program))
            .FirstOrDefault(File.Exists);
}
