using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;

namespace Actors.Orleans.Tests.GrainStorage;

/// <summary>What of Orleans uses grain storage, on the write-ahead log.</summary>
public sealed class StorageUserTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Subscriptions_to_streams_survive_a_restart()
    {
        await using (WalCluster cluster = await StartAsync())
        {
            ISubscriberGrain subscriber = cluster.Client.GetGrain<ISubscriberGrain>("s");
            await subscriber.Subscribe();
            await subscriber.Publish("one");
            await ReceivesAsync(subscriber, "one");
        }

        await using WalCluster restarted = await StartAsync();
        ISubscriberGrain again = restarted.Client.GetGrain<ISubscriberGrain>("s");
        Assert.Equal(1, await again.Resume());
        await again.Publish("two");
        await ReceivesAsync(again, "two");
    }

    [Fact]
    public async Task A_grain_with_a_state_of_its_own_keeps_it()
    {
        await using (WalCluster cluster = await StartAsync())
        {
            ITrayGrain tray = cluster.Client.GetGrain<ITrayGrain>("t");
            Assert.Equal(3, await tray.Add(3));
            await cluster.Cluster.DeactivateAsync(tray);
            Assert.Equal(5, await tray.Add(2));
        }

        await using WalCluster restarted = await StartAsync();
        ITrayGrain again = restarted.Client.GetGrain<ITrayGrain>("t");
        Assert.Equal(6, await again.Add(1));
        await again.Clear();
        await restarted.Cluster.DeactivateAsync(again);
        Assert.Equal(1, await again.Add(1));
    }

    [Fact]
    public async Task A_grain_that_names_no_storage_uses_the_default()
    {
        await using (WalCluster cluster = await StartAsync())
        {
            Assert.Equal(3, await cluster.Client.GetGrain<IShelfGrain>("s").Add(3));
            Assert.Single(await cluster.Store.ListAsync("shelf/s/", TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));
        }

        await using WalCluster restarted = await StartAsync();
        Assert.Equal(5, await restarted.Client.GetGrain<IShelfGrain>("s").Add(2));
    }

    private static async Task ReceivesAsync(ISubscriberGrain subscriber, string text)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!(await subscriber.GetReceived()).SequenceEqual([text]))
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
    }

    private Task<WalCluster> StartAsync() => WalCluster.StartAsync(_directory, silo: s =>
    {
        s.AddMemoryStreams("streams");
        s.AddWriteAheadLogGrainStorage("PubSubStore");
        s.AddWriteAheadLogGrainStorage("Default");
    });
}
