using System.Reflection;
using PublicApiGenerator;

namespace Actors.Packages.Tests;

/// <summary>The public types and members of each package are those that its file in <c>Approved</c> lists.</summary>
public sealed class PublicSurfaceTests
{
    private static readonly ApiGeneratorOptions Options = new()
    {
        IncludeAssemblyAttributes = false,

        // Razor's compiler makes components public. No program uses those of the explorer.
        DenyNamespacePrefixes = ["OrleansCodeGen", "Actors.Explorer.Components"],
        ExcludeAttributes = ["System.Runtime.CompilerServices.AsyncIteratorStateMachineAttribute", "System.Runtime.CompilerServices.EnumeratorCancellationAttribute"],
    };

    public static TheoryData<string> Libraries => [.. Repository.Libraries];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void The_public_surface_of_a_package_is_the_approved_one(string package)
    {
        string[] actual = Assembly.Load(package).GeneratePublicApi(Options).ReplaceLineEndings("\n").TrimEnd().Split('\n');
        string approvedFile = Path.Combine(AppContext.BaseDirectory, "Approved", $"{package}.txt");
        string[] approved = File.Exists(approvedFile) ? File.ReadAllText(approvedFile).ReplaceLineEndings("\n").TrimEnd().Split('\n') : [];
        if (actual.SequenceEqual(approved))
            return;

        string received = Path.Combine(Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "Received")).FullName, $"{package}.txt");
        File.WriteAllText(received, string.Join('\n', actual) + "\n");
        string[] changes = [.. approved.Except(actual).Select(l => $"- {l.Trim()}"), .. actual.Except(approved).Select(l => $"+ {l.Trim()}")];
        Assert.Fail($"""
            The public surface of {package} is not the approved one:
            {string.Join('\n', changes.Length > 0 ? changes : ["(the order or the number of equal lines)"])}
            Make internal what no user needs. To approve the rest, run this and commit the file:
            cp {received} {Path.Combine(Repository.Root, "tests/Actors.Packages.Tests/Approved", $"{package}.txt")}
            """);
    }

    [Fact]
    public void Every_approved_file_belongs_to_a_package()
        => Assert.Equal(Repository.Libraries, Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Approved")).Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal));
}
