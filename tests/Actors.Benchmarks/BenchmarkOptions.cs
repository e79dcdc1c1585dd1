namespace Actors.Benchmarks;

/// <summary>The options of a run; every value is valid.</summary>
internal sealed record BenchmarkOptions
{
    /// <summary>Texts of which a scenario's name must contain one; all scenarios when empty.</summary>
    public required IReadOnlyList<string> Only { get; init; }

    /// <summary>How long each measurement lasts.</summary>
    public required TimeSpan Window { get; init; }

    /// <summary>How often each measurement is repeated.</summary>
    public required int Rounds { get; init; }

    /// <summary>The numbers of callers with which the grain scenarios are measured.</summary>
    public required IReadOnlyList<int> Callers { get; init; }

    /// <summary>The number of silos of the called cluster.</summary>
    public required int Silos { get; init; }

    /// <summary>A PostgreSQL server for the scenarios that need one.</summary>
    public string? Postgres { get; init; }

    /// <summary>The scripts that create the Orleans tables there; empty if the database already has them.</summary>
    public required IReadOnlyList<FileInfo> PostgresSetup { get; init; }

    /// <summary>The file to which the results are written as JSON.</summary>
    public FileInfo? Json { get; init; }

    /// <summary>The parent of the temporary directory.</summary>
    public DirectoryInfo? Directory { get; init; }
}

/// <summary>An error that the caller can fix; the message says how.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);

/// <summary>A scenario failed, so its results are not valid.</summary>
internal sealed class ScenarioFailedException(string message, Exception? inner = null) : Exception(message, inner);
