namespace Actors.ClientDemo.Doors;

/// <summary>What <c>doors</c> was asked for; every value is valid.</summary>
internal sealed record DoorsOptions
{
    /// <summary>The names of the doors to run.</summary>
    public required IReadOnlyList<string> Doors { get; init; }

    /// <summary>How long the silo is called, over all kills.</summary>
    public required int Seconds { get; init; }

    /// <summary>Calls of each door at the same time.</summary>
    public required int Callers { get; init; }

    /// <summary>How often the silo is killed.</summary>
    public required int Kills { get; init; }

    public required int Seed { get; init; }

    /// <summary>Where the silo keeps its logs; they stay there. A temporary directory when null.</summary>
    public DirectoryInfo? Directory { get; init; }

    /// <summary>The database that the silo keeps its logs in, in a schema that goes with the demo; null for files.</summary>
    public string? Postgres { get; init; }

    /// <summary>Where the result is written as JSON.</summary>
    public FileInfo? Json { get; init; }
}
