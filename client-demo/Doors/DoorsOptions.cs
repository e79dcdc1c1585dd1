namespace Actors.ClientDemo.Doors;

/// <summary>The options of <c>doors</c>; every value is valid.</summary>
internal sealed record DoorsOptions
{
    /// <summary>The names of the doors to run.</summary>
    public required IReadOnlyList<string> Doors { get; init; }

    /// <summary>The total time of the calls in seconds, over all kills.</summary>
    public required int Seconds { get; init; }

    /// <summary>Calls of each door at the same time.</summary>
    public required int Callers { get; init; }

    /// <summary>How often the silo is killed.</summary>
    public required int Kills { get; init; }

    public required int Seed { get; init; }

    /// <summary>The directory of the silo's logs, which stay there; null for a temporary directory.</summary>
    public DirectoryInfo? Directory { get; init; }

    /// <summary>The database of the silo's logs, in a schema that is dropped when the demo ends; null for files.</summary>
    public string? Postgres { get; init; }

    /// <summary>The file to which the result is written as JSON.</summary>
    public FileInfo? Json { get; init; }
}
