using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;

namespace Actors.Orleans.Tests.GrainLogs;

/// <summary>Runs alone: the metric counts the activations of all silos of the process.</summary>
[CollectionDefinition(nameof(FencingMetricTests), DisableParallelization = true)]
[Collection(nameof(FencingMetricTests))]
public sealed class FencingMetricTests
{
    [Fact]
    public async Task Activations_count_that_another_owner_ends_and_no_others()
    {
        using var fencings = new MeasuredMetric("actors.grainlog.overtaken");
        await using var backend = new MemoryBackend();
        await using WalCluster cluster = await WalCluster.StartAsync(backend);
        INotebookGrain ended = cluster.Notebook("a");
        INotebookGrain fenced = cluster.Notebook("b");
        await ended.Write("1");
        await fenced.Write("1");
        await cluster.Cluster.DeactivateAsync(ended);
        await ended.Write("2");
        Assert.Equal(0, fencings.Sum);
        await using ILogStore other = await backend.OpenBesideAsync(cluster);
        await using (await other.OpenAsync(new LogStreamId($"{fenced.GetGrainId()}/notebook")))
            await cluster.Cluster.WaitForDeactivationAsync(fenced);
        Assert.Equal(1, fencings.Sum);
    }
}
