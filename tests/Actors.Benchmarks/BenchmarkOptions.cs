namespace Actors.Benchmarks;

/// <summary>What was asked for; every value is valid.</summary>
internal sealed record BenchmarkOptions
{
    /// <summary>Texts of which a scenario's name must contain one; all scenarios when empty.</summary>
    public required IReadOnlyList<string> Only { get; init; }

    /// <summary>How long each measurement lasts.</summary>
    public required TimeSpan Window { get; init; }

    /// <summary>How often each measurement is repeated.</summary>
    public required int Rounds { get; init; }

    /// <summary>How many callers the grain scenarios are measured with.</summary>
    public required IReadOnlyList<int> Callers { get; init; }

    /// <summary>Of how many silos the cluster is whose grains are called.</summary>
    public required int Silos { get; init; }

    /// <summary>A PostgreSQL server for the scenarios that need one.</summary>
    public string? Postgres { get; init; }

    /// <summary>The scripts that create the Orleans tables there; the database has them already when empty.</summary>
    public required IReadOnlyList<FileInfo> PostgresSetup { get; init; }

    /// <summary>Where the results are written as JSON.</summary>
    public FileInfo? Json { get; init; }

    /// <summary>Where the temporary directory is made.</summary>
    public DirectoryInfo? Directory { get; init; }
}

/// <summary>The caller can put this right; the message says how.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);

/// <summary>A scenario failed; its figures would mean nothing.</summary>
internal sealed class ScenarioFailedException(string message, Exception? inner = null) : Exception(message, inner);
