using System.Reflection;

namespace Actors.Packages.Tests;

/// <summary>The sources that these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Read("RepositoryRoot");

    /// <summary>Debug or Release.</summary>
    public static string Configuration { get; } = Read("Configuration");

    /// <summary>The ids of the packages whose assemblies other programs reference.</summary>
    public static IReadOnlyList<string> Libraries { get; } =
        [.. Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/Actors.Templates/", StringComparison.Ordinal))
            .Where(f => File.ReadAllText(f) is { } project && project.Contains("<IsPackable>true", StringComparison.Ordinal) && !project.Contains("<PackAsTool>", StringComparison.Ordinal))
            .Select(f => Path.GetFileNameWithoutExtension(f))
            .Order(StringComparer.Ordinal)];

    private static string Read(string key)
        => typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
