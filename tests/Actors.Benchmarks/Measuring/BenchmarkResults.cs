namespace Actors.Benchmarks.Measuring;

/// <summary>The least, middle and greatest of several measurements.</summary>
internal readonly record struct Spread(double Min, double Median, double Max)
{
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new Spread(sorted[0], (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[^1]);
    }
}

/// <summary>What all rounds of a scenario with a number of callers gave.</summary>
internal sealed record ScenarioResult
{
    public required string Scenario { get; init; }

    public required string Description { get; init; }

    public required int Callers { get; init; }

    public required Spread OperationsPerSecond { get; init; }

    /// <summary>Half of the calls took at most so long, over all rounds.</summary>
    public required double P50Us { get; init; }

    public required double P99Us { get; init; }

    /// <summary>Of the whole process, callers included; the median round.</summary>
    public required double AllocatedBytesPerOperation { get; init; }
}

/// <summary>All results of a run.</summary>
internal sealed record BenchmarkResults(IReadOnlyList<ScenarioResult> Scenarios)
{
    /// <summary>A scenario's result; null when it was not measured.</summary>
    public ScenarioResult? Find(string scenario, int callers)
        => Scenarios.FirstOrDefault(r => r.Scenario == scenario && r.Callers == callers);
}
