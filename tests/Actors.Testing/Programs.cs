namespace Actors.Testing;

/// <summary>Programs of the operating system.</summary>
public static class Programs
{
    // Where PATH often does not lead unless one is root.
    private static readonly string[] SystemFolders = ["/usr/sbin", "/sbin"];

    /// <summary>The path of an installed program, or null. Looks into the given folders, then into those of PATH.</summary>
    public static string? Find(string program, params IEnumerable<string> folders)
        => folders
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
            .Concat(SystemFolders)
            .Select(f => Path.Combine(f, program))
            .FirstOrDefault(File.Exists);
}
