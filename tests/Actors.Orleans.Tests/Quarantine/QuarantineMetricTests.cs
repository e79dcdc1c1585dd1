using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;

namespace Actors.Orleans.Tests.Quarantine;

/// <summary>Runs alone: the metric counts the streams of all silos of the process.</summary>
[CollectionDefinition(nameof(QuarantineMetricTests), DisableParallelization = true)]
[Collection(nameof(QuarantineMetricTests))]
public sealed class QuarantineMetricTests
{
    [Fact]
    public async Task Streams_count_from_their_first_failed_activation_to_the_one_that_goes_well()
    {
        using var quarantined = new MeasuredMetric("actors.grainlog.quarantined");
        using var directory = new TestDirectory();
        await using WalCluster cluster = await WalCluster.StartAsync(directory);
        INotebookGrain first = cluster.Notebook("a");
        INotebookGrain second = cluster.Notebook("b");
        await cluster.Notebook("c").Write("1");
        Assert.Equal(0, quarantined.Sum);
        await SpoilAsync(cluster, first);
        Assert.Equal(1, quarantined.Sum);
        await Assert.ThrowsAnyAsync<Exception>(() => first.Read());
        Assert.Equal(1, quarantined.Sum);
        await SpoilAsync(cluster, second);
        Assert.Equal(2, quarantined.Sum);
        await cluster.Services.SkipEventAsync($"{first.GetGrainId()}/notebook", 1, "a test wrote it");
        Assert.Empty(await first.Read());
        Assert.Equal(1, quarantined.Sum);
    }

    /// <summary>Writes an event that can't be applied.</summary>
    private static async Task SpoilAsync(WalCluster cluster, INotebookGrain notebook)
    {
        await Assert.ThrowsAsync<GrainLogApplyException>(() => notebook.Write("!no"));
        await cluster.Cluster.WaitForDeactivationAsync(notebook);
        await Assert.ThrowsAnyAsync<Exception>(() => notebook.Read());
    }
}
