using System.IO.Compression;
using System.Xml.Linq;

namespace Actors.Packages.Tests;

/// <summary>All packages, packed from what this build has built, in a folder of their own.</summary>
public sealed class PackedPackages : IAsyncLifetime
{
    private readonly TestDirectory _directory = new();

    /// <summary>An empty directory outside of the repository.</summary>
    public string Scratch => Directory.CreateDirectory(Path.Combine(_directory.Path, "scratch")).FullName;

    /// <summary>The directory of the packages.</summary>
    public string Feed => Path.Combine(_directory.Path, "feed");

    /// <summary>What <c>dotnet pack</c> wrote.</summary>
    public string Output { get; private set; } = "";

    internal DotNet DotNet { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        // The packages must not be found in a folder that has another build of the same version.
        DotNet = new DotNet(Path.Combine(_directory.Path, "packages"));
        Output = await new DotNet(packagesFolder: null).RunAsync("dotnet", Repository.Root, "pack", "Actors.sln", "--no-build", "-c", Repository.Configuration, "-o", Feed);
    }

    public ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Returns the path of a package.</summary>
    public string Find(string id) => Directory.EnumerateFiles(Feed, $"{id}.*.nupkg").Single(f => Id(f) == id);

    /// <summary>Returns the ids of all packages.</summary>
    public IReadOnlyList<string> Ids() => [.. Directory.EnumerateFiles(Feed, "*.nupkg").Select(Id).Order(StringComparer.Ordinal)];

    /// <summary>Returns the description that a package carries, without its namespace.</summary>
    internal static XElement Metadata(string package)
    {
        using ZipArchive archive = ZipFile.OpenRead(package);
        using Stream stream = archive.Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        XElement root = XElement.Load(stream);
        foreach (XElement element in root.DescendantsAndSelf())
            element.Name = element.Name.LocalName;
        return root.Element("metadata")!;
    }

    private static string Id(string package) => Metadata(package).Element("id")!.Value;
}

/// <summary>The tests that need the packages.</summary>
[CollectionDefinition(nameof(PackedPackages))]
public sealed class PackedPackagesTests : ICollectionFixture<PackedPackages>;
