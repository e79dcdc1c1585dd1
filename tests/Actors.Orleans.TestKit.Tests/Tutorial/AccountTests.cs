using Actors.Orleans;
using Actors.Orleans.TestKit;
using Orleans.TestingHost;

namespace Bank.Tests;

public sealed class AccountTests
{
    [Fact]
    public Task Money_that_is_there_can_be_withdrawn() => GrainLogScenario.For<Account, AccountEvent>()
        .Given(new Deposited(10))
        .When(log => new AccountGrain(log).Withdraw(4))
        .ThenAsync(new Withdrawn(4));

    [Fact]
    public Task More_than_the_balance_is_refused() => GrainLogScenario.For<Account, AccountEvent>()
        .Given(new Deposited(10))
        .When(log => new AccountGrain(log).Withdraw(11))
        .ThenThrowsAsync<InvalidOperationException>();

    [Fact]
    public async Task A_deposit_survives_loss_of_power()
    {
        await using var log = new TestLog();
        InProcessTestCluster cluster = await StartAsync(log);
        await cluster.Client.GetGrain<IAccountGrain>("ann").Deposit(10);
        await log.CrashAsync();
        await cluster.KillSiloAsync(cluster.Silos[0]);
        await cluster.DisposeAsync();

        await using InProcessTestCluster restarted = await StartAsync(log);
        Assert.Equal(10, await restarted.Client.GetGrain<IAccountGrain>("ann").GetBalance());
    }

    private static async Task<InProcessTestCluster> StartAsync(TestLog log)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) => silo.AddWriteAheadLog(o => o.UseTestLog(log)));
        builder.ConfigureClient(client => client.AddWriteAheadLogErrors());
        InProcessTestCluster cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }
}
