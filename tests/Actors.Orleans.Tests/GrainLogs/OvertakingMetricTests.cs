using System.Diagnostics.Metrics;
using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;

namespace Actors.Orleans.Tests.GrainLogs;

/// <summary>Runs alone: the metric counts the activations of all silos of the process.</summary>
[CollectionDefinition(nameof(OvertakingMetricTests), DisableParallelization = true)]
[Collection(nameof(OvertakingMetricTests))]
public sealed class OvertakingMetricTests : IDisposable
{
    private readonly MemoryBackend _backend = new();
    private readonly MeterListener _listener = new();
    private long _overtaken;

    public OvertakingMetricTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Actors.Wal" && instrument.Name == "actors.grainlog.overtaken")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, activations, _, _) => Interlocked.Add(ref _overtaken, activations));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Activations_count_that_another_owner_ends_and_no_others()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_backend);
        INotebookGrain ended = cluster.Notebook("a");
        INotebookGrain overtaken = cluster.Notebook("b");
        await ended.Write("1");
        await overtaken.Write("1");
        await cluster.Cluster.DeactivateAsync(ended);
        await ended.Write("2");
        Assert.Equal(0, Interlocked.Read(ref _overtaken));
        await using ILogStore other = await _backend.OpenBesideAsync(cluster);
        await using (await other.OpenAsync(new StreamId($"{overtaken.GetGrainId()}/notebook")))
            await cluster.Cluster.WaitForDeactivationAsync(overtaken);
        Assert.Equal(1, Interlocked.Read(ref _overtaken));
    }
}
