using System.IO.Compression;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace Actors.Packages.Tests;

/// <summary>What is in the packages, and what they say of themselves.</summary>
[Collection(nameof(PackedPackages))]
public sealed class PackageTests(PackedPackages packages)
{
    [Fact]
    public void Packing_gives_all_packages_and_no_warning()
    {
        Assert.Equal([.. Repository.Libraries.Append("Actors.Cli").Append("Actors.Templates").Order(StringComparer.Ordinal)], packages.Ids());
        Assert.DoesNotContain("warning", packages.Output, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Every_package_describes_itself()
    {
        foreach (string id in packages.Ids())
        {
            string package = packages.Find(id);
            XElement metadata = PackedPackages.Metadata(package);
            Assert.Equal("MIT", metadata.Element("license")!.Value);
            Assert.Contains("orleans", metadata.Element("tags")!.Value, StringComparison.Ordinal);
            Assert.NotEmpty(metadata.Element("description")!.Value);
            using ZipArchive archive = ZipFile.OpenRead(package);
            Assert.NotNull(archive.GetEntry(metadata.Element("readme")!.Value));
            Assert.NotNull(archive.GetEntry(metadata.Element("icon")!.Value));
        }
    }

    [Fact]
    public void Libraries_have_documentation_and_symbols_and_are_deterministic()
    {
        foreach (string id in Repository.Libraries)
        {
            string package = packages.Find(id);
            using ZipArchive archive = ZipFile.OpenRead(package);
            Assert.NotNull(archive.GetEntry($"lib/net10.0/{id}.xml"));
            using (ZipArchive symbols = ZipFile.OpenRead(Path.ChangeExtension(package, ".snupkg")))
                Assert.NotNull(symbols.GetEntry($"lib/net10.0/{id}.pdb"));
            using var image = new MemoryStream();
            using (Stream assembly = archive.GetEntry($"lib/net10.0/{id}.dll")!.Open())
                assembly.CopyTo(image);
            image.Position = 0;
            using var reader = new PEReader(image);
            Assert.Contains(reader.ReadDebugDirectory(), e => e.Type == DebugDirectoryEntryType.Reproducible);
        }
    }

    [Fact]
    public void Packages_need_each_other_in_exactly_the_version_of_this_release()
    {
        var versions = packages.Ids().ToDictionary(id => id, id => PackedPackages.Metadata(packages.Find(id)).Element("version")!.Value);
        List<string> seen = [];
        foreach (string id in packages.Ids())
        {
            foreach (XElement dependency in PackedPackages.Metadata(packages.Find(id)).Descendants("dependency"))
            {
                string needed = dependency.Attribute("id")!.Value;
                string version = dependency.Attribute("version")!.Value;
                Assert.True(versions[id].Contains('-', StringComparison.Ordinal) || !version.Contains('-', StringComparison.Ordinal), $"{id} {versions[id]} is no preview, and needs {needed} {version}, which is one.");
                if (!versions.TryGetValue(needed, out string? released))
                    continue;
                Assert.Equal($"[{released}]", version);
                seen.Add($"{id} {needed}");
            }
        }

        Assert.Contains("Actors.Orleans Actors.Wal", seen);
        Assert.Contains("Actors.Orleans.Postgres Actors.Wal.Postgres", seen);
    }
}
