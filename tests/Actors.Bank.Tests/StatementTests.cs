using Actors.Wal;
using Orleans.TestingHost;

namespace Actors.Bank.Tests;

/// <summary>Statements in both directions, and as of points in the past, with checkpoints in between.</summary>
public sealed class StatementTests : IAsyncLifetime
{
    private readonly TestDirectory _directory = new();
    private InProcessTestCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await BankCluster.StartAsync(_directory, checkpointEvents: 7);

    public async ValueTask DisposeAsync()
    {
        await _cluster.StopAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(10)]
    [InlineData(59)]
    [InlineData(60)]
    [InlineData(61)]
    public async Task Both_directions_give_the_same_lines_without_a_gap_or_a_repetition(int count)
    {
        IAccountGrain account = await DepositedAsync(1, 60);
        List<StatementLine> forward = await account.PageThroughAsync(new StatementRequest(StatementOrder.OldestFirst, count));
        List<StatementLine> backward = await account.PageThroughAsync(new StatementRequest(StatementOrder.NewestFirst, count));
        Assert.Equal(Versions(1, 60), forward.Select(l => l.Version));
        Assert.Equal((await account.GetStatement(1, 60)).Lines, forward);
        Assert.Equal(forward, Enumerable.Reverse(backward));
    }

    [Fact]
    public async Task A_page_starts_where_it_is_asked_to()
    {
        IAccountGrain account = await DepositedAsync(2, 30);
        StatementPage newest = await account.GetStatementPage(new StatementRequest(StatementOrder.NewestFirst, 5, From: 12));
        Assert.Equal(Versions(8, 12).Reverse(), newest.Lines.Select(l => l.Version));
        Assert.Equal([78m, 66m, 55m, 45m, 36m], newest.Lines.Select(l => l.Balance));
        Assert.Equal((30L, 465m), (newest.Version, newest.Balance));
        StatementPage oldest = await account.GetStatementPage(new StatementRequest(StatementOrder.OldestFirst, 5, From: 12));
        Assert.Equal(Versions(12, 16), oldest.Lines.Select(l => l.Version));
        Assert.Equal([78m, 91m, 105m, 120m, 136m], oldest.Lines.Select(l => l.Balance));
        Assert.Equal(30, (await account.GetStatementPage(new StatementRequest(StatementOrder.NewestFirst, 5, From: long.MaxValue))).Lines[0].Version);
        StatementPage beyond = await account.GetStatementPage(new StatementRequest(StatementOrder.OldestFirst, 5, From: long.MaxValue));
        Assert.Empty(beyond.Lines);
        Assert.Null(beyond.Next);
    }

    [Fact]
    public async Task An_event_between_two_pages_is_on_neither()
    {
        IAccountGrain account = await DepositedAsync(3, 20);
        StatementPage newest = await account.GetStatementPage(new StatementRequest(StatementOrder.NewestFirst, 15));
        StatementPage oldest = await account.GetStatementPage(new StatementRequest(StatementOrder.OldestFirst, 15));
        await account.Deposit(21, 1000);
        newest = await account.GetStatementPage(newest.Next!);
        oldest = await account.GetStatementPage(oldest.Next!);
        Assert.Equal(Versions(1, 5).Reverse(), newest.Lines.Select(l => l.Version));
        Assert.Equal(Versions(16, 20), oldest.Lines.Select(l => l.Version));
        Assert.All((StatementPage[])[newest, oldest], p => Assert.Equal((20L, 210m, null), (p.Version, p.Balance, p.Next)));
    }

    [Fact]
    public async Task A_statement_ends_at_a_version()
    {
        IAccountGrain account = await DepositedAsync(4, 30);
        for (int version = 0; version <= 30; version++)
        {
            var asOf = new AsOfVersion(version);
            Assert.Equal(version * (version + 1) / 2, (await account.GetStatementPage(new StatementRequest(StatementOrder.NewestFirst, 1, asOf))).Balance);
            Assert.Equal(Versions(1, version), (await account.PageThroughAsync(new StatementRequest(StatementOrder.OldestFirst, 4, asOf))).Select(l => l.Version));
        }

        Assert.Equal(30, (await account.GetStatementPage(new StatementRequest(StatementOrder.NewestFirst, 1, new AsOfVersion(31)))).Version);
    }

    [Fact]
    public async Task A_statement_as_of_a_time_ends_at_its_last_event()
    {
        IAccountGrain account = await DepositedAsync(5, 30);
        IReadOnlyList<StatementLine> lines = (await account.GetStatement(1, 30)).Lines;
        IEnumerable<DateTimeOffset> times = lines.SelectMany(l => (DateTimeOffset[])[l.Time.AddMicroseconds(-1), l.Time, l.Time.AddMicroseconds(1)]);
        foreach (DateTimeOffset time in times.Append(DateTimeOffset.MinValue).Append(DateTimeOffset.MaxValue))
        {
            long version = lines.LastOrDefault(l => l.Time <= time).Version;
            StatementPage page = await account.GetStatementPage(new StatementRequest(StatementOrder.NewestFirst, 30, new AsOfTime(time)));
            Assert.Equal((version, version * (version + 1) / 2), (page.Version, page.Balance));
            Assert.Equal(await account.GetBalanceAt(time), page.Balance);
            Assert.Equal(lines.Where(l => l.Version <= version).Reverse(), page.Lines);
        }
    }

    [Fact]
    public async Task As_of_a_ledger_date_undated_events_count_with_the_next_entry()
    {
        IAccountGrain account = _cluster.Account(6);
        await account.Deposit(1, 10);
        await account.Book(new LedgerEntry(2, new DateOnly(1993, 1, 5), "interest", 1, 11));
        for (int i = 0; i < 20; i++)
            await account.Deposit(3 + i, 1);
        await account.Book(new LedgerEntry(30, new DateOnly(1993, 1, 5), "interest", 2, 33));
        await account.Withdraw(31, 3);
        await account.Book(new LedgerEntry(32, new DateOnly(1993, 2, 1), "interest", 4, 34));
        await account.Withdraw(33, 4);
        Assert.Equal((0L, 0m), await EndAsync(account, new DateOnly(1993, 1, 4)));
        Assert.Equal((23L, 33m), await EndAsync(account, new DateOnly(1993, 1, 5)));
        Assert.Equal((23L, 33m), await EndAsync(account, new DateOnly(1993, 1, 31)));
        Assert.Equal((25L, 34m), await EndAsync(account, new DateOnly(1993, 2, 1)));
        Assert.Equal((25L, 34m), await EndAsync(account, DateOnly.MaxValue));
        Assert.Equal((0L, 0m), await EndAsync(await DepositedAsync(7, 20), DateOnly.MaxValue));
    }

    [Fact]
    public async Task An_account_without_events_has_an_empty_statement()
    {
        foreach (AsOf? asOf in (AsOf?[])[null, new AsOfVersion(0), new AsOfVersion(9), new AsOfTime(DateTimeOffset.MaxValue), new AsOfDate(DateOnly.MaxValue)])
        {
            StatementPage page = await _cluster.Account(8).GetStatementPage(new StatementRequest(StatementOrder.NewestFirst, 10, asOf));
            Assert.Equal((0L, 0m, null), (page.Version, page.Balance, page.Next));
            Assert.Empty(page.Lines);
            Assert.Empty(await _cluster.Account(8).PageThroughAsync(new StatementRequest(StatementOrder.OldestFirst, 10, asOf)));
        }
    }

    [Fact]
    public async Task A_request_that_makes_no_sense_is_refused()
    {
        IAccountGrain account = await DepositedAsync(9, 1);
        foreach (int count in (int[])[int.MinValue, -1, 0, 10_001, int.MaxValue])
            await Assert.ThrowsAsync<AccountException>(() => account.GetStatementPage(new StatementRequest(StatementOrder.NewestFirst, count)));
        await Assert.ThrowsAsync<AccountException>(() => account.GetStatementPage(new StatementRequest(StatementOrder.OldestFirst, 1, From: 0)));
        await Assert.ThrowsAsync<AccountException>(() => account.GetStatementPage(new StatementRequest(StatementOrder.NewestFirst, 1, new AsOfVersion(-1))));
    }

    [Fact]
    public async Task Truncated_events_are_left_out_and_never_taken_for_zero()
    {
        using var directory = new TestDirectory();
        InProcessTestCluster cluster = await BankCluster.StartAsync(directory, checkpointEvents: 10, Retention.Newest(2));
        IAccountGrain account = cluster.Account(1);
        DateTimeOffset before = TimeProvider.System.GetUtcNow().AddHours(-1);
        for (int i = 1; i <= 45; i++)
            await account.Book(new LedgerEntry(i, new DateOnly(1993, 1, 1).AddDays(i), "interest", 1, i));
        List<StatementLine> kept = await account.PageThroughAsync(new StatementRequest(StatementOrder.NewestFirst, 10));
        Assert.InRange(kept.Count, 10, 35);
        Assert.Equal(Versions(45 - kept.Count + 1, 45).Reverse(), kept.Select(l => l.Version));
        Assert.All(kept, l => Assert.Equal(l.Version, l.Balance));
        Assert.Equal((40L, 40m), await EndAsync(account, new DateOnly(1993, 1, 1).AddDays(40)));
        await Assert.ThrowsAsync<AccountException>(() => EndAsync(account, new DateOnly(1993, 1, 2)));
        await Assert.ThrowsAsync<AccountException>(() => account.GetStatementPage(new StatementRequest(StatementOrder.NewestFirst, 1, new AsOfTime(before))));
        Exception dropped = await Assert.ThrowsAnyAsync<Exception>(() => account.GetStatementPage(new StatementRequest(StatementOrder.OldestFirst, 5)));
        Assert.Contains($"keeps its history from sequence {kept[^1].Version} on", dropped.Message, StringComparison.Ordinal);
        await cluster.StopAsync();
    }

    private async Task<IAccountGrain> DepositedAsync(long number, int count)
    {
        IAccountGrain account = _cluster.Account(number);
        for (int i = 1; i <= count; i++)
            await account.Deposit(i, i);
        return account;
    }

    private static async Task<(long Version, decimal Balance)> EndAsync(IAccountGrain account, DateOnly date)
    {
        StatementPage page = await account.GetStatementPage(new StatementRequest(StatementOrder.NewestFirst, 1, new AsOfDate(date)));
        return (page.Version, page.Balance);
    }

    private static IEnumerable<long> Versions(long first, long last) => Enumerable.Range((int)first, (int)(last - first + 1)).Select(v => (long)v);
}
