using Orleans.TestingHost;

namespace Actors.Bank.Tests;

public sealed class AccountTests : IAsyncLifetime
{
    private readonly TestDirectory _directory = new();
    private InProcessTestCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await BankCluster.StartAsync(_directory);

    public async ValueTask DisposeAsync()
    {
        await _cluster.StopAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Deposits_and_withdrawals_add_up()
    {
        IAccountGrain account = _cluster.Account(1);
        Assert.Equal(new Booking(1, 100.25m), await account.Deposit(1, 100.25m));
        Assert.Equal(new Booking(2, 60m), await account.Withdraw(2, 40.25m));
        Assert.Equal(new AccountSummary(2, 60m, 0), await account.GetSummary());
    }

    [Fact]
    public async Task A_refused_call_leaves_no_event()
    {
        IAccountGrain account = _cluster.Account(2);
        await account.Deposit(1, 10);
        await Assert.ThrowsAsync<AccountException>(() => account.Withdraw(2, 10.01m));
        await Assert.ThrowsAsync<AccountException>(() => account.Deposit(3, 0));
        await Assert.ThrowsAsync<AccountException>(() => account.Transfer(4, 2, 1));
        await Assert.ThrowsAsync<AccountException>(() => account.Transfer(5, 3, 11));
        await Assert.ThrowsAsync<AccountException>(() => account.Book(new LedgerEntry(6, new DateOnly(1993, 1, 1), "interest", 1, 12)));
        await Assert.ThrowsAsync<AccountException>(() => account.GetStatement(0, 10));
        Assert.Equal(1, (await account.GetSummary()).Version);
    }

    [Fact]
    public async Task Accounts_that_send_to_each_other_at_once_don_t_wait_for_each_other()
    {
        IAccountGrain[] accounts = [.. Enumerable.Range(10, 4).Select(n => _cluster.Account(n))];
        foreach (IAccountGrain account in accounts)
            await account.Deposit(0, 1000);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => accounts[i % 4].Transfer(i + 1, 10 + ((i + 1 + (i % 3)) % 4), 1)));
        AccountSummary[] summaries = await Task.WhenAll(accounts.Select(a => a.GetSummary()));
        Assert.Equal(4000, summaries.Sum(s => s.Balance));
        Assert.All(summaries, s => Assert.Equal(0, s.TransfersOnTheWay));
    }

    [Fact]
    public async Task A_transfer_that_comes_twice_is_booked_once()
    {
        IAccountGrain account = _cluster.Account(20);
        var notice = new TransferNotice(99, 1, 5, 7);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => account.Receive(notice)));
        await account.Receive(notice with { Number = 3 });
        await account.Receive(notice with { Number = 2 });
        await account.Receive(notice with { Number = 3 });
        Assert.Equal(new AccountSummary(3, 21, 0), await account.GetSummary());
    }

    [Fact]
    public async Task A_transaction_that_is_asked_for_again_is_booked_once()
    {
        IAccountGrain account = _cluster.Account(25);
        Booking deposit = await account.Deposit(1, 100);
        Assert.Equal(deposit, await account.Deposit(1, 100));
        Booking withdrawal = await account.Withdraw(2, 80);

        // The money that it took is not asked for again, and neither is that of a transfer.
        Assert.Equal(withdrawal, await account.Withdraw(2, 80));
        Booking transfer = await account.Transfer(3, 26, 15);
        Assert.Equal(transfer.Version, (await account.Transfer(3, 26, 15)).Version);
        Assert.Equal(5, (await account.GetSummary()).Balance);
        Assert.Equal(15, (await _cluster.Account(26).GetSummary()).Balance);
        var entry = new LedgerEntry(4, new DateOnly(1993, 1, 1), "interest", 1, 6);
        Assert.Equal(await account.Book(entry), await account.Book(entry));
        Assert.Equal(6, (await account.GetSummary()).Balance);
    }

    [Fact]
    public async Task A_statement_pages_through_the_history_with_running_balances()
    {
        IAccountGrain account = _cluster.Account(30);
        for (int i = 1; i <= 120; i++)
            await account.Deposit(i, i);
        Statement page = await account.GetStatement(51, 20);
        Assert.Equal(120, page.Head);
        Assert.Equal(20, page.Lines.Count);
        Assert.Equal(51 * 52 / 2, page.Lines[0].Balance);
        Assert.Equal(70 * 71 / 2, page.Lines[^1].Balance);
        Assert.Equal("Deposited", page.Lines[0].Kind);
        Assert.Empty((await account.GetStatement(121, 20)).Lines);
    }

    [Fact]
    public async Task The_balance_as_of_a_time_is_the_one_of_then()
    {
        IAccountGrain account = _cluster.Account(40);
        await account.Deposit(1, 10);
        DateTimeOffset then = TimeProvider.System.GetUtcNow();
        await account.Deposit(2, 5);
        Assert.Equal(10, await account.GetBalanceAt(then));
        Assert.Equal(15, await account.GetBalanceAt(then.AddHours(1)));
        Assert.Equal(0, await account.GetBalanceAt(then.AddYears(-1)));
    }
}
