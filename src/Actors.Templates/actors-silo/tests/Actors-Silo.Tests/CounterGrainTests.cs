using Actors.Orleans;
using Actors.Orleans.TestKit;
using Actors_Silo.Contracts;
using Actors_Silo.Silo;
using Orleans.TestingHost;

namespace Actors_Silo.Tests;

public sealed class CounterGrainTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task An_amount_is_added() => GrainLogScenario.For<Counter, Added>()
        .Given(new Added(40))
        .When(log => new CounterGrain(log).Add(2))
        .ThenAsync(new Added(2));

    [Fact]
    public Task An_amount_below_1_is_refused() => GrainLogScenario.For<Counter, Added>()
        .When(log => new CounterGrain(log).Add(0))
        .ThenThrowsAsync<ArgumentOutOfRangeException>();

    [Fact]
    public async Task The_total_survives_loss_of_power()
    {
        await using var log = new TestLog();
        InProcessTestCluster cluster = await StartAsync(log);
        await cluster.Client.GetGrain<ICounterGrain>("c").Add(40);
        await log.CrashAsync();
        await cluster.KillSiloAsync(cluster.Silos[0], Cancellation);
        await cluster.DisposeAsync();

        await using InProcessTestCluster restarted = await StartAsync(log);
        Assert.Equal(42, await restarted.Client.GetGrain<ICounterGrain>("c").Add(2));
    }

    private static async Task<InProcessTestCluster> StartAsync(TestLog log)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) => silo.AddWriteAheadLog(o => o.UseTestLog(log)));
        builder.ConfigureClient(client => client.AddWriteAheadLogErrors());
        InProcessTestCluster cluster = builder.Build();
        await cluster.DeployAsync(Cancellation);
        return cluster;
    }
}
