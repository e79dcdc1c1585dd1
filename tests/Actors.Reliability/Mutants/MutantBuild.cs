using System.Diagnostics;
using Actors.Reliability.Machines;

namespace Actors.Reliability.Mutants;

/// <summary>A copy of the sources with all mutants, built in its own directory.</summary>
internal sealed class MutantBuild : IDisposable
{
    private const string Layers = "tests/Actors.Reliability";
    private const string Images = "400000";

    private static readonly string[] Files = ["Directory.Build.props", "Directory.Packages.props", "global.json", ".editorconfig", "BannedSymbols.txt", "tests/Directory.Build.props"];

    // A run that does not end within this time counts as caught.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("actors-mutants-");

    /// <summary>Builds the layers with the mutants of the store.</summary>
    /// <exception cref="InvalidOperationException">An edit does not fit the sources, or they don't build.</exception>
    public static MutantBuild OfLayers() => Make(Files, ["src/Actors.Wal", "src/Actors.Wal.Postgres", "tests/Actors.Testing", Layers], Edits.All, [Layers]);

    /// <summary>Builds the tests with the mutants that they must catch.</summary>
    /// <exception cref="InvalidOperationException">An edit does not fit the sources, or they don't build.</exception>
    public static MutantBuild OfTests() => Make(
        [.. Files, "README.md"],
        [
            .. Directory.EnumerateDirectories(Path.Combine(Repository.Root, "src")).Select(d => Path.GetRelativePath(Repository.Root, d)),
            "docs/how-to/doors",
            "tests/Actors.Testing",
            "tests/Actors.Wal.Conformance",
            "tests/Actors.Probe",
            .. TestMutant.Projects.Select(p => "tests/" + p),
        ],
        TestMutant.All.SelectMany(m => m.Edits),
        [.. TestMutant.Projects.Select(p => "tests/" + p)]);

    private static MutantBuild Make(IEnumerable<string> files, IEnumerable<string> directories, IEnumerable<Edit> edits, IEnumerable<string> projects)
    {
        string repository = Repository.Root;
        var build = new MutantBuild();
        try
        {
            foreach (string file in files)
                Copy(Path.Combine(repository, file), Path.Combine(build._root.FullName, file));
            foreach (string directory in directories)
                build.CopySources(repository, directory);
            foreach (Edit edit in edits)
                build.Apply(edit);
            File.WriteAllText(Path.Combine(build._root.FullName, "src/Actors.Wal/Planted.cs"), Edits.Switch);

            // A build node that stays alive would run later builds with this layer's priority, so nodes are not reused.
            foreach (string project in projects)
                build.Build(project);
            return build;
        }
        catch
        {
            build.Dispose();
            throw;
        }
    }

    private void Build(string project)
    {
        (int code, string output) = Run("build", ["-c", "Release", project, "-nodeReuse:false", "-p:RunAnalyzers=false", "-p:EnforceCodeStyleInBuild=false", "-p:TreatWarningsAsErrors=false", "-p:GenerateDocumentationFile=false"], null);
        if (code != 0)
            throw new InvalidOperationException($"The sources with mutants don't build:\n{output}");
    }

    /// <summary>Runs the tests of a class with one mutant active, or with none.</summary>
    /// <param name="mutant">The mutant's name; null for none.</param>
    /// <param name="project">The test project.</param>
    /// <param name="tests">The full name of the test class.</param>
    /// <returns>Whether a test failed, or did not end.</returns>
    public bool IsCaughtByTests(string? mutant, string project, string tests)
        => Run("exec", [$"tests/{project}/bin/Release/net10.0/{project}.dll", "-class", tests], mutant).Code != 0;

    /// <summary>Runs a layer against the store with one mutant active, or with none.</summary>
    /// <param name="mutant">The mutant's name; null for none.</param>
    /// <param name="layer">The layer's name.</param>
    /// <param name="workloads">The only workloads to run; empty for all.</param>
    /// <returns>Whether a promise was broken.</returns>
    /// <exception cref="InvalidOperationException">The run ended with another exit code.</exception>
    public bool IsCaught(string? mutant, string layer, IReadOnlyList<string> workloads)
    {
        (int code, string output) = Run(
            "exec",
            [Path.Combine(Layers, "bin/Release/net10.0/Actors.Reliability.dll"), "--layers", layer, "--images", Images, .. workloads.Count > 0 ? workloads.Prepend("--workloads") : []],
            mutant);
        return code switch
        {
            0 => false,
            1 => true,
            _ => throw new InvalidOperationException($"The run with the mutant '{mutant}' ended with {code}:\n{output}"),
        };
    }

    public void Dispose() => _root.Delete(recursive: true);

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Copy(from, to);
    }

    private void CopySources(string repository, string directory)
    {
        string root = Path.Combine(repository, directory);
        foreach (string file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
        {
            string relative = Path.GetRelativePath(root, file);
            if (!relative.StartsWith("bin/", StringComparison.Ordinal) && !relative.StartsWith("obj/", StringComparison.Ordinal))
                Copy(file, Path.Combine(_root.FullName, directory, relative));
        }
    }

    private void Apply(Edit edit)
    {
        string path = Path.Combine(_root.FullName, edit.File);
        string source = File.ReadAllText(path);
        int at = source.IndexOf(edit.Original, StringComparison.Ordinal);
        if (at < 0 || source.IndexOf(edit.Original, at + 1, StringComparison.Ordinal) >= 0)
            throw new InvalidOperationException($"{edit.File} does not hold once what a mutant replaces: {edit.Original}");
        File.WriteAllText(path, string.Concat(source.AsSpan(0, at), edit.Planted, source.AsSpan(at + edit.Original.Length)));
    }

    private (int Code, string Output) Run(string command, IReadOnlyList<string> arguments, string? mutant)
    {
        var start = new ProcessStartInfo("dotnet", [command, .. arguments])
        {
            WorkingDirectory = _root.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ACTORS_MUTANT"] = mutant;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }

        return (process.ExitCode, output.Result + errors.Result);
    }
}
