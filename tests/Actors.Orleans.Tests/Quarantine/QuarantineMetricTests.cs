using System.Diagnostics.Metrics;
using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;

namespace Actors.Orleans.Tests.Quarantine;

/// <summary>Runs alone: the metric counts the streams of all silos of the process.</summary>
[CollectionDefinition(nameof(QuarantineMetricTests), DisableParallelization = true)]
[Collection(nameof(QuarantineMetricTests))]
public sealed class QuarantineMetricTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly MeterListener _listener = new();
    private long _quarantined;

    public QuarantineMetricTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Actors.Wal" && instrument.Name == "actors.grainlog.quarantined")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, streams, _, _) => Interlocked.Add(ref _quarantined, streams));
        _listener.Start();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Streams_count_from_their_first_failed_activation_to_the_one_that_goes_well()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        INotebookGrain first = cluster.Notebook("a");
        INotebookGrain second = cluster.Notebook("b");
        await cluster.Notebook("c").Write("1");
        Assert.Equal(0, Interlocked.Read(ref _quarantined));
        await SpoilAsync(cluster, first);
        Assert.Equal(1, Interlocked.Read(ref _quarantined));
        await Assert.ThrowsAnyAsync<Exception>(() => first.Read());
        Assert.Equal(1, Interlocked.Read(ref _quarantined));
        await SpoilAsync(cluster, second);
        Assert.Equal(2, Interlocked.Read(ref _quarantined));
        await cluster.Services.SkipEventAsync($"{first.GetGrainId()}/notebook", 1, "a test wrote it");
        Assert.Empty(await first.Read());
        Assert.Equal(1, Interlocked.Read(ref _quarantined));
    }

    /// <summary>Writes an event that can't be applied.</summary>
    private static async Task SpoilAsync(WalCluster cluster, INotebookGrain notebook)
    {
        await Assert.ThrowsAsync<GrainLogApplyException>(() => notebook.Write("!no"));
        await cluster.Cluster.WaitForDeactivationAsync(notebook);
        await Assert.ThrowsAnyAsync<Exception>(() => notebook.Read());
    }
}
