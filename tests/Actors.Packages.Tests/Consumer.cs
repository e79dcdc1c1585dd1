namespace Actors.Packages.Tests;

/// <summary>A solution made from the template, outside of the repository, that knows nothing but the packages.</summary>
internal sealed class Consumer(PackedPackages packages)
{
    // A name that is no C# name, so that the two must be told apart.
    public const string Name = "Web-Shop";

    private const string GuideProject = $"src/{Name}.Guide";

    public string Root { get; } = Path.Combine(packages.Scratch, Name);

    public string SiloDirectory => Path.Combine(Root, $"src/{Name}.Silo");

    public string SiloProgram => Path.Combine(SiloDirectory, "bin/Debug/net10.0", $"{Name}.Silo");

    public async Task CreateAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(packages.Scratch, "nuget.config"), $"""
            <configuration>
              <packageSources>
                <clear />
                <add key="packed" value="{packages.Feed}" />
                <add key="nuget.org" value="https://api.nuget.org/v3/index.json" protocolVersion="3" />
              </packageSources>
              <packageSourceMapping>
                <packageSource key="packed"><package pattern="Actors.*" /></packageSource>
                <packageSource key="nuget.org"><package pattern="*" /></packageSource>
              </packageSourceMapping>
            </configuration>
            """);
        string templates = Path.Combine(packages.Scratch, "templates");
        await packages.DotNet.RunAsync("dotnet", packages.Scratch, "new", "install", packages.Find("Actors.Templates"), "--debug:custom-hive", templates);
        await packages.DotNet.RunAsync("dotnet", packages.Scratch, "new", "actors-silo", "-n", Name, "--debug:custom-hive", templates);
    }

    /// <summary>Adds a project that references all packages and compiles the examples of a guide.</summary>
    public async Task AddGuideAsync(IEnumerable<string> examples)
    {
        string directory = Directory.CreateDirectory(Path.Combine(Root, GuideProject)).FullName;
        var versions = Repository.Libraries.ToDictionary(id => id, id => PackedPackages.Metadata(packages.Find(id)).Element("version")!.Value);
        await File.WriteAllTextAsync(Path.Combine(directory, $"{Name}.Guide.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <ItemGroup>
                <PackageReference Include="MessagePack" />
                <PackageReference Include="Microsoft.Orleans.Sdk" />
                <PackageReference Include="Microsoft.Orleans.Server" />
                {string.Join('\n', versions.Select(v => $"""<PackageReference Include="{v.Key}" VersionOverride="{v.Value}" />"""))}
              </ItemGroup>
              <ItemGroup>
                <Using Include="Actors.Orleans;Actors.Wal;MessagePack" />
              </ItemGroup>
            </Project>
            """);
        foreach ((int i, string example) in examples.Index())
            await File.WriteAllTextAsync(Path.Combine(directory, $"Example{i + 1}.cs"), example);
        await packages.DotNet.RunAsync("dotnet", Root, "sln", "add", GuideProject);
    }

    /// <summary>Restores the solution. Where the source lacks the analyzer that MessagePack asks for, the solution does without it, as the README of Actors.Orleans says.</summary>
    public async Task RestoreAsync()
    {
        (int code, string output) = await packages.DotNet.TryAsync("dotnet", Root, "restore");
        if (code != 0 && output.Contains("NU1102", StringComparison.Ordinal) && output.Contains("MessagePackAnalyzer", StringComparison.Ordinal))
        {
            string props = Path.Combine(Root, "Directory.Build.props");
            string pin = """<ItemGroup><PrunePackageReference Include="MessagePackAnalyzer" Version="99.0.0" /></ItemGroup></Project>""";
            await File.WriteAllTextAsync(props, (await File.ReadAllTextAsync(props)).Replace("</Project>", pin, StringComparison.Ordinal));
            (code, output) = await packages.DotNet.TryAsync("dotnet", Root, "restore");
        }

        Assert.True(code == 0, $"The packages could not be restored:\n{output}");
    }
}
