using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;

namespace Actors.Orleans.Tests.GrainLogs;

/// <summary>Code that changes an event after it was handed over.</summary>
public sealed class ChangedEventTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_event_that_is_changed_after_it_was_handed_over_changes_no_state()
    {
        await using (WalCluster cluster = await WalCluster.StartAsync(_directory))
        {
            Assert.Equal(5, await cluster.Client.GetGrain<IStockGrain>("s").SetAndChange("a", 5, 99));
            await cluster.Client.GetGrain<IStockGrain>("s").TakeCheckpoint();
        }

        await using WalCluster again = await WalCluster.StartAsync(_directory);
        Assert.Equal(5, await again.Client.GetGrain<IStockGrain>("s").Count("a"));
    }
}
