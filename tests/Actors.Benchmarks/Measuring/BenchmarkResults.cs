namespace Actors.Benchmarks.Measuring;

/// <summary>The minimum, median and maximum of several measurements.</summary>
internal readonly record struct Spread(double Min, double Median, double Max)
{
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new Spread(sorted[0], (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[^1]);
    }
}

/// <summary>The result of all rounds of a scenario with a number of callers.</summary>
internal sealed record ScenarioResult
{
    public required string Scenario { get; init; }

    public required string Description { get; init; }

    public required int Callers { get; init; }

    public required Spread OperationsPerSecond { get; init; }

    /// <summary>The median latency in microseconds over all rounds.</summary>
    public required double P50Us { get; init; }

    public required double P99Us { get; init; }

    /// <summary>Bytes that the whole process allocated, callers included; the median of the rounds.</summary>
    public required double AllocatedBytesPerOperation { get; init; }
}

/// <summary>All results of a run.</summary>
internal sealed record BenchmarkResults(IReadOnlyList<ScenarioResult> Scenarios)
{
    /// <summary>Returns a scenario's result; null when it was not measured.</summary>
    public ScenarioResult? Find(string scenario, int callers)
        => Scenarios.FirstOrDefault(r => r.Scenario == scenario && r.Callers == callers);
}
