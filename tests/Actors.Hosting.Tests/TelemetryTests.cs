using System.Diagnostics;
using Actors.Hosting.Tests.Grains;
using Actors.OpenTelemetry;
using Actors.Orleans;
using Actors.Wal;
using Actors.Wal.Local;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Orleans.TestingHost;

namespace Actors.Hosting.Tests;

/// <summary>What arrives at OpenTelemetry's exporters.</summary>
public sealed class TelemetryTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Metrics_of_the_store_and_of_its_grains_arrive()
    {
        var metrics = new List<Metric>();
        using MeterProvider provider = Sdk.CreateMeterProviderBuilder().AddWriteAheadLogInstrumentation().AddInMemoryExporter(metrics).Build();
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) => silo.AddWriteAheadLog(o =>
        {
            o.UseLocal(_directory.Path);
            o.CheckpointEvents = 1;
        }));
        await using (InProcessTestCluster cluster = builder.Build())
        {
            await cluster.DeployAsync();
            await cluster.Client.GetGrain<ICounterGrain>("c").Add(1);
            await cluster.StopAllSilosAsync();
        }

        provider.ForceFlush();
        Assert.Superset(new HashSet<string> { "actors.wal.frames", "actors.wal.flush.duration", "actors.grainlog.checkpoints" }, metrics.Select(m => m.Name).ToHashSet());
    }

    [Fact]
    public async Task Flushes_are_counted_in_buckets_from_50_microseconds_to_10_seconds()
    {
        var metrics = new List<Metric>();
        using MeterProvider provider = Sdk.CreateMeterProviderBuilder().AddWriteAheadLogInstrumentation().AddInMemoryExporter(metrics).Build();
        await AppendAsync();
        provider.ForceFlush();
        Metric flushes = metrics.Last(m => m.Name == "actors.wal.flush.duration");
        Assert.Equal("s", flushes.Unit);
        double[] bounds = [.. BoundsOf(flushes)];
        Assert.Equal((50e-6, 10, double.PositiveInfinity), (bounds[0], bounds[^2], bounds[^1]));
        Assert.Equal(bounds.Order(), bounds);
    }

    [Fact]
    public async Task A_view_of_the_program_replaces_the_buckets()
    {
        var metrics = new List<Metric>();
        using MeterProvider provider = Sdk.CreateMeterProviderBuilder()
            .AddWriteAheadLogInstrumentation()
            .AddView("actors.wal.flush.duration", new ExplicitBucketHistogramConfiguration { Boundaries = [0.001, 0.1] })
            .AddInMemoryExporter(metrics)
            .Build();
        await AppendAsync();
        provider.ForceFlush();
        Assert.Equal([0.001, 0.1, double.PositiveInfinity], BoundsOf(Assert.Single(metrics, m => m.Name == "actors.wal.flush.duration")));
    }

    [Fact]
    public async Task The_opening_of_a_store_is_a_trace()
    {
        var activities = new List<Activity>();
        using (TracerProvider provider = Sdk.CreateTracerProviderBuilder().AddWriteAheadLogInstrumentation().AddInMemoryExporter(activities).Build())
            await AppendAsync();
        Assert.Contains(activities, a => a.Source.Name == WriteAheadLogInstrumentation.Name && a.OperationName == "wal.open");
    }

    private static List<double> BoundsOf(Metric metric)
    {
        foreach (ref readonly MetricPoint point in metric.GetMetricPoints())
        {
            var bounds = new List<double>();
            foreach (HistogramBucket bucket in point.GetHistogramBuckets())
                bounds.Add(bucket.ExplicitBound);
            return bounds;
        }

        return [];
    }

    private async Task AppendAsync()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("ledger"));
        await stream.AppendAsync(new EventData(new byte[100]));
    }
}
