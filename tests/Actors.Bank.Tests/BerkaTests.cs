using Orleans.TestingHost;

namespace Actors.Bank.Tests;

/// <summary>A real bank's ledger through real grains: the balances that the bank published are what comes back.</summary>
public sealed class BerkaTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Every_published_balance_is_there_before_and_after_a_restart()
    {
        Dictionary<long, List<LedgerEntry>> accounts = BerkaEntries.Read();
        InProcessTestCluster cluster = await BankCluster.StartAsync(_directory);
        await BookAsync(cluster, accounts);
        await cluster.StopAsync();

        cluster = await BankCluster.StartAsync(_directory);
        int checkedEntries = 0;
        foreach ((long account, List<LedgerEntry> entries) in accounts)
        {
            Statement statement = await cluster.Account(account).GetStatement(1, 10_000);
            Assert.Equal(entries.Select(e => (e.Transaction, e.StatedBalance)), statement.Lines.Select(l => (l.Transaction, l.Balance)));
            Assert.Equal(entries[^1].StatedBalance, (await cluster.Account(account).GetSummary()).Balance);
            checkedEntries += entries.Count;
        }

        Assert.Equal(23_877, checkedEntries);
        await cluster.StopAsync();
    }

    [Fact]
    public async Task A_statement_as_of_a_date_ends_with_the_balance_that_the_bank_published_then()
    {
        // The longest histories and the shortest ones, with several checkpoints in the long ones.
        List<KeyValuePair<long, List<LedgerEntry>>> byLength = [.. BerkaEntries.Read().OrderBy(a => a.Value.Count)];
        Dictionary<long, List<LedgerEntry>> accounts = byLength.Take(10).Concat(byLength.TakeLast(20)).ToDictionary();
        Assert.InRange(accounts.Values.Max(e => e.Count), 100, 1000);
        InProcessTestCluster cluster = await BankCluster.StartAsync(_directory, checkpointEvents: 7);
        await BookAsync(cluster, accounts);
        foreach ((long account, List<LedgerEntry> entries) in accounts)
        {
            IEnumerable<DateOnly> dates = entries.SelectMany(e => (DateOnly[])[e.Date.AddDays(-1), e.Date]).Distinct();
            foreach (DateOnly date in dates.Append(new DateOnly(1992, 12, 31)).Append(new DateOnly(1999, 1, 1)))
            {
                var then = entries.Where(e => e.Date <= date).ToList();
                StatementPage page = await cluster.Account(account).GetStatementPage(new StatementRequest(StatementOrder.NewestFirst, 5, new AsOfDate(date)));
                Assert.Equal((then.Count, then.Count == 0 ? 0 : then[^1].StatedBalance), (page.Version, page.Balance));
                Assert.Equal(
                    then.TakeLast(5).Reverse().Select(e => (e.Transaction, e.Date, e.Operation, e.StatedBalance)),
                    page.Lines.Select(l => (l.Transaction, l.LedgerDate!.Value, l.Operation!, l.Balance)));
            }

            var middle = new AsOfDate(entries[entries.Count / 2].Date);
            var expected = entries.Where(e => e.Date <= middle.Date).Select(e => e.StatedBalance).ToList();
            List<StatementLine> lines = await cluster.Account(account).PageThroughAsync(new StatementRequest(StatementOrder.OldestFirst, 6, middle));
            Assert.Equal(expected, lines.Select(l => l.Balance));
        }

        await cluster.StopAsync();
    }

    private static Task BookAsync(InProcessTestCluster cluster, Dictionary<long, List<LedgerEntry>> accounts)
        => Task.WhenAll(accounts.Select(async account =>
        {
            foreach (LedgerEntry entry in account.Value)
                Assert.Equal(entry.StatedBalance, (await cluster.Account(account.Key).Book(entry)).Balance);
        }));
}
