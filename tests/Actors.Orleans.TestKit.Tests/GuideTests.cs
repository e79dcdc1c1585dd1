using Actors.Bank;
using Orleans.TestingHost;

namespace Actors.Orleans.TestKit.Tests;

/// <summary>The examples of <c>docs/how-to/test-grains.md</c>.</summary>
public sealed class GuideTests
{
    [Theory]
    [InlineData("scenario")]
    [InlineData("crash")]
    [InlineData("retry")]
    public void The_guide_shows_tested_code(string example)
    {
        string source = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "GuideTests.cs")).ReplaceLineEndings("\n");
        string begin = $"    // <{example}>\n";
        int start = source.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        string shown = string.Join('\n', source[start..source.IndexOf($"    // </{example}>", StringComparison.Ordinal)].TrimEnd().Split('\n').Select(l => l.Length > 4 ? l[4..] : ""));
        Assert.Contains(shown, File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "how-to", "test-grains.md")).ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    // <scenario>
    [Fact]
    public Task Money_that_is_there_can_be_withdrawn() => GrainLogScenario.For<Account, AccountEvent>()
        .Given(new Deposited { Transaction = 1, Amount = 10 })
        .When(log => new AccountGrain(log).Withdraw(2, 4))
        .ThenAsync(new Withdrawn { Transaction = 2, Amount = 4 });

    [Fact]
    public Task A_negative_amount_is_refused() => GrainLogScenario.For<Account, AccountEvent>()
        .When(log => new AccountGrain(log).Deposit(1, -5))
        .ThenThrowsAsync<AccountException>();
    // </scenario>

    // <crash>
    [Fact]
    public async Task A_deposit_survives_loss_of_power()
    {
        await using var log = new TestLog();
        InProcessTestCluster cluster = await StartAsync(log);
        await cluster.Client.GetGrain<IAccountGrain>(7).Deposit(1, 10);
        await log.CrashAsync();
        await cluster.KillSiloAsync(cluster.Silos[0]);
        await cluster.DisposeAsync();

        await using InProcessTestCluster restarted = await StartAsync(log);
        Assert.Equal(10, (await restarted.Client.GetGrain<IAccountGrain>(7).GetSummary()).Balance);
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
    // </crash>

    // <retry>
    [Fact]
    public async Task A_deposit_whose_answer_was_lost_is_in_the_log()
    {
        await using var log = new TestLog();
        await using InProcessTestCluster cluster = await StartAsync(log);
        IAccountGrain account = cluster.Client.GetGrain<IAccountGrain>(7);
        log.LoseNextAnswer(TestLog.StreamOf(account, "account").Value);
        await Assert.ThrowsAsync<AppendOutcomeUnknownException>(() => account.Deposit(1, 10));
        Assert.Single(await log.EventsAsync<AccountEvent>(account, "account"));
    }
    // </retry>
}
