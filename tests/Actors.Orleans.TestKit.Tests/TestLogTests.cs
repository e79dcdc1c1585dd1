using Actors.Bank;
using Orleans.Storage;

namespace Actors.Orleans.TestKit.Tests;

public sealed class TestLogTests
{
    private const string Name = "account";

    [Fact]
    public async Task Given_events_are_the_grains_history_and_its_appends_can_be_read()
    {
        await using var log = new TestLog();
        await using BankSilo silo = await BankSilo.StartAsync(log);
        IAccountGrain account = silo.Account(7);
        await log.GivenAsync<AccountEvent>(account, Name, new Deposited { Transaction = 1, Amount = 10 });
        Assert.Equal(7, (await account.Withdraw(2, 3)).Balance);
        Assert.Equal(
            [new Deposited { Transaction = 1, Amount = 10 }, new Withdrawn { Transaction = 2, Amount = 3 }],
            await log.EventsAsync<AccountEvent>(account, Name));

        // Reading took the log from nobody.
        Assert.Equal(5, (await account.Withdraw(3, 2)).Balance);
        Assert.Empty(await log.EventsAsync<AccountEvent>(silo.Account(8), Name));
    }

    [Fact]
    public async Task Acknowledged_events_survive_loss_of_power()
    {
        await using var log = new TestLog();
        BankSilo silo = await BankSilo.StartAsync(log);
        for (int i = 1; i <= 20; i++)
            await silo.Account(i % 3).Deposit(i, i);
        await log.CrashAsync();
        await silo.KillAsync();
        await using BankSilo restarted = await BankSilo.StartAsync(log);
        decimal total = 0;
        for (int i = 0; i < 3; i++)
            total += (await restarted.Account(i).GetSummary()).Balance;
        Assert.Equal(210, total);
    }

    [Fact]
    public async Task A_crash_may_lose_unflushed_appends_but_no_durable_ones()
    {
        var found = new HashSet<long>();
        for (int seed = 0; seed < 40; seed++)
        {
            await using var log = new TestLog();
            ILogStore store = await log.OpenAsync();
            await using ILogStream synced = await store.OpenAsync(new LogStreamId("synced"));
            await using ILogStream fast = await store.OpenAsync(new LogStreamId("fast"), new StreamOptions { Sync = SyncPolicy.Never });
            for (int i = 0; i < 5; i++)
                await synced.AppendAsync(new EventData(new byte[100]));
            for (int i = 0; i < 5; i++)
                await fast.AppendAsync(new EventData(new byte[2000]));
            await log.CrashAsync(seed);
            ILogStore reopened = await log.OpenAsync();
            await using ILogStream syncedAgain = await reopened.OpenAsync(new LogStreamId("synced"));
            await using ILogStream fastAgain = await reopened.OpenAsync(new LogStreamId("fast"));
            Assert.Equal(5, syncedAgain.Head.Value);
            found.Add(fastAgain.Head.Value);
        }

        Assert.True(found.Count > 1, $"Each crash left the same: {string.Join(", ", found)}.");
    }

    [Fact]
    public async Task Silos_on_a_log_that_lost_power_can_do_nothing_any_more()
    {
        await using var log = new TestLog();
        BankSilo silo = await BankSilo.StartAsync(log);
        await silo.Account(1).Deposit(1, 10);
        await log.CrashAsync();
        await Assert.ThrowsAnyAsync<IOException>(() => silo.Account(1).Deposit(2, 10));
        await silo.KillAsync();
        await using BankSilo restarted = await BankSilo.StartAsync(log);
        Assert.Equal(10, (await restarted.Account(1).GetSummary()).Balance);
    }

    [Fact]
    public async Task A_rejected_append_leaves_the_grain_as_it_was()
    {
        await using var log = new TestLog();
        await using BankSilo silo = await BankSilo.StartAsync(log);
        IAccountGrain account = silo.Account(1);
        await account.Deposit(1, 10);
        log.RejectNextAppend(TestLog.StreamOf(account, Name).Value);
        await silo.Account(2).Deposit(1, 5);
        await Assert.ThrowsAsync<StoreFullException>(() => account.Deposit(2, 10));
        Assert.Equal(10, (await account.GetSummary()).Balance);
        Assert.Equal(30, (await account.Deposit(3, 20)).Balance);
    }

    [Theory]
    [InlineData(true, 15)]
    [InlineData(false, 10)]
    public async Task The_next_activation_resolves_an_unknown_outcome(bool kept, int balance)
    {
        await using var log = new TestLog();
        await using BankSilo silo = await BankSilo.StartAsync(log);
        IAccountGrain account = silo.Account(1);
        await account.Deposit(1, 10);
        if (kept)
            log.LoseNextAnswer();
        else
            log.LoseNextAppend();
        await Assert.ThrowsAsync<AppendOutcomeUnknownException>(() => account.Deposit(2, 5));
        Assert.Equal(balance, await BalanceOfNextActivationAsync(account));
    }

    [Fact]
    public async Task An_activation_whose_stream_was_taken_over_is_fenced()
    {
        await using var log = new TestLog();
        await using BankSilo silo = await BankSilo.StartAsync(log);
        IAccountGrain account = silo.Account(1);
        await account.Deposit(1, 10);
        await log.TakeOverAsync(account, Name);
        await Assert.ThrowsAsync<InconsistentStateException>(() => account.Deposit(2, 5));
        Assert.Equal(10, await BalanceOfNextActivationAsync(account));
    }

    [Fact]
    public async Task An_activation_that_notices_that_its_stream_was_taken_over_ends()
    {
        await using var log = new TestLog();
        await using BankSilo silo = await BankSilo.StartAsync(log);
        IAccountGrain account = silo.Account(1);
        await account.Deposit(1, 10);
        await log.TakeOverAsync(account, Name, isNoticed: true);
        await silo.Cluster.WaitForDeactivationAsync(account);
        await account.Deposit(2, 5);
        Assert.Equal(15, (await account.GetSummary()).Balance);

        // Noticed once is not noticed for good.
        await log.TakeOverAsync(account, Name);
        Assert.Equal(15, (await account.GetSummary()).Balance);
        await Assert.ThrowsAsync<InconsistentStateException>(() => account.Deposit(3, 5));
    }

    [Fact]
    public async Task Held_appends_go_on_in_their_order_when_they_are_let_go()
    {
        await using var log = new TestLog();
        await using BankSilo silo = await BankSilo.StartAsync(log);
        Task<Booking>[] deposits;
        using (log.HoldAppends())
        {
            deposits = [.. Enumerable.Range(1, 20).Select(i => silo.Account(i % 4).Deposit(i, i))];
            Assert.Equal(0, (await log.OpenAsync()).Statistics.AppendedFrames);
        }

        await Task.WhenAll(deposits);
        Assert.Equal([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5], deposits.Select(d => d.Result.Version).Order());
    }

    [Fact]
    public async Task A_disk_that_fails_makes_outcomes_unknown_and_refuses_what_comes_later()
    {
        await using var log = new TestLog();
        BankSilo silo = await BankSilo.StartAsync(log);
        await silo.Account(1).Deposit(1, 10);
        log.FailDisk();
        await Assert.ThrowsAsync<AppendOutcomeUnknownException>(() => silo.Account(1).Deposit(2, 10));
        await Assert.ThrowsAsync<StoreFailedException>(() => silo.Account(2).Deposit(2, 10));
        await log.CrashAsync();
        await silo.KillAsync();
        await using BankSilo restarted = await BankSilo.StartAsync(log);
        Assert.Equal(10, (await restarted.Account(1).GetSummary()).Balance);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_first_append_on_a_failing_disk_has_an_unknown_outcome_whatever_noticed_it_before(bool isNoticed)
    {
        await using var log = new TestLog();
        await using ILogStore store = await log.OpenAsync();
        await using ILogStream one = await store.OpenAsync(new LogStreamId("one"));
        await using ILogStream other = await store.OpenAsync(new LogStreamId("other"));
        await one.AppendAsync(new EventData("1"u8.ToArray()));
        log.FailDisk();
        if (isNoticed)
            await Assert.ThrowsAnyAsync<LogStoreException>(async () => await one.CheckpointAsync(new Sequence(1), new EventData("1"u8.ToArray())));
        await Assert.ThrowsAsync<AppendOutcomeUnknownException>(async () => await other.AppendAsync(new EventData("1"u8.ToArray())));
        await Assert.ThrowsAsync<StoreFailedException>(async () => await other.AppendAsync(new EventData("2"u8.ToArray())));
    }

    [Fact]
    public async Task Several_silos_share_one_log()
    {
        await using var log = new TestLog();
        await using BankSilo cluster = await BankSilo.StartAsync(log, silos: 3);
        for (int i = 0; i < 30; i++)
            await cluster.Account(i).Deposit(1, i + 1);
        await cluster.Cluster.KillSiloAsync(cluster.Cluster.Silos[2]);
        for (int i = 0; i < 30; i++)
            Assert.Equal(i + 1, (await cluster.Account(i).GetSummary()).Balance);
    }

    /// <summary>Calls until the activation that is ending has ended.</summary>
    private static async Task<decimal> BalanceOfNextActivationAsync(IAccountGrain account)
    {
        for (int tries = 0; ; tries++)
        {
            try
            {
                await account.Deposit(9, 1);
                return (await account.GetSummary()).Balance - 1;
            }
            catch (InvalidOperationException) when (tries < 100)
            {
            }
        }
    }
}
