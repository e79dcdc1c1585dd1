using Actors.Benchmarks.Measuring;
using Actors.Benchmarks.Scenarios;

namespace Actors.Benchmarks.Reporting;

/// <summary>A ratio or rate of the run, with its target and its floor.</summary>
internal sealed record RatioResult
{
    /// <summary>Its name in the JSON file.</summary>
    public required string Name { get; init; }

    public required string Description { get; init; }

    public required double Value { get; init; }

    /// <summary>The design's target.</summary>
    public required Bound Target { get; init; }

    /// <summary>The limit that fails the build when it is missed; null where there is none.</summary>
    public Bound? Floor { get; init; }
}

/// <summary>Computes the results for which the design sets targets.</summary>
internal static class Ratios
{
    private const int Callers = 256;

    // Counts as 0: the few bytes of a background timer, divided by millions of appends.
    private const double NoBytes = 0.5;

    /// <summary>Returns the results whose scenarios were measured.</summary>
    public static IReadOnlyList<RatioResult> Of(BenchmarkResults results)
    {
        ScenarioResult? grainLog = results.Find(ScenarioCatalog.GrainLog, Callers);
        ScenarioResult? raw = results.Find(ScenarioCatalog.RawAppend, 4096);
        List<RatioResult?> ratios =
        [
            Ratio("grainLogToPlain256", "[GrainLog] / plain call, 256 callers", Share(grainLog, results.Find(ScenarioCatalog.Plain, Callers)), Bound.AtLeast(0.5), Bound.AtLeast(0.3)),
            Ratio("grainLogToMemory256", "[GrainLog] / memory storage, 256 callers", Share(grainLog, results.Find(ScenarioCatalog.Memory, Callers)), Bound.AtLeast(1.5), Bound.AtLeast(1.2)),
            Ratio("grainLogToAdoNet256", "[GrainLog] / ADO.NET storage, 256 callers", Share(grainLog, results.Find(ScenarioCatalog.AdoNet, Callers)), Bound.AtLeast(80)),
            Ratio("postgresLogToAdoNet256", "[GrainLog] on PostgreSQL / ADO.NET storage, 256 callers", Share(results.Find(ScenarioCatalog.PostgresLog, Callers), results.Find(ScenarioCatalog.AdoNet, Callers)), Bound.AtLeast(20)),
            Ratio("postgresLoneP50ToInsert", "lone [GrainLog] on PostgreSQL / one row inserted, p50", results.Find(ScenarioCatalog.PostgresLog, 1)?.P50Us / results.Find(ScenarioCatalog.BareInsert, 1)?.P50Us, Bound.AtMost(1.3)),
            Ratio("loneCallerP50ToBareLoop", "lone append / bare loop, p50", LoneShare(results), Bound.AtMost(1.3), Bound.AtMost(2)),
            Ratio("rawAppendsPerSecond4096", "appends of 100 bytes, 4,096 outstanding", raw?.OperationsPerSecond.Median, Bound.AtLeast(3e6), Bound.AtLeast(1.5e6)),
            Ratio("rawAllocatedBytesPerAppend", "bytes allocated by such an append", raw?.AllocatedBytesPerOperation, Bound.AtMost(NoBytes)),
            Ratio("append64KiBToDevice", "appends of 64 KiB / device, same flushes", Share(results.Find(ScenarioCatalog.LargeAppend, 64), results.Find(ScenarioCatalog.Device, 1)), Bound.AtLeast(0.9)),
            Ratio("replayRawPerSecond", "events replayed, one stream", results.Find(ScenarioCatalog.ReplayOneStream, 1)?.OperationsPerSecond.Median, Bound.AtLeast(2e6), Bound.AtLeast(5e5)),
            Ratio("replayInterleavedPerSecond", "events replayed, 64 interleaved streams", results.Find(ScenarioCatalog.ReplayManyStreams, 1)?.OperationsPerSecond.Median, Bound.AtLeast(2e6), Bound.AtLeast(5e5)),
            Ratio("replayStatePerSecond", "events replayed into a MessagePack state", results.Find(ScenarioCatalog.ReplayState, 1)?.OperationsPerSecond.Median, Bound.AtLeast(5e5), Bound.AtLeast(5e5)),
        ];
        return [.. ratios.OfType<RatioResult>()];
    }

    private static double? Share(ScenarioResult? part, ScenarioResult? whole) => part?.OperationsPerSecond.Median / whole?.OperationsPerSecond.Median;

    private static double? LoneShare(BenchmarkResults results)
        => results.Find(ScenarioCatalog.LoneAppend, 1)?.P50Us / results.Find(ScenarioCatalog.BareLoop, 1)?.P50Us;

    private static RatioResult? Ratio(string name, string description, double? value, Bound target, Bound? floor = null)
        => value is { } measured ? new RatioResult { Name = name, Description = description, Value = measured, Target = target, Floor = floor } : null;
}
