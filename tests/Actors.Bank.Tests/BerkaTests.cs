using System.Globalization;
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
        if (Berka.File is not { } file)
        {
            Assert.Skip(Berka.Missing);
            return;
        }

        var accounts = Read(file).GroupBy(r => r.Account).ToDictionary(g => g.Key, g => g.Select(r => r.Entry).ToList());
        InProcessTestCluster cluster = await BankCluster.StartAsync(_directory);
        await Task.WhenAll(accounts.Select(async account =>
        {
            foreach (LedgerEntry entry in account.Value)
                Assert.Equal(entry.StatedBalance, (await cluster.Account(account.Key).Book(entry)).Balance);
        }));
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

    private static IEnumerable<(long Account, LedgerEntry Entry)> Read(FileInfo file)
    {
        foreach (string line in File.ReadLines(file.FullName).Skip(1))
        {
            string[] fields = line.Split(',');
            decimal amount = decimal.Parse(fields[5], CultureInfo.InvariantCulture);
            yield return (
                long.Parse(fields[1], CultureInfo.InvariantCulture),
                new LedgerEntry(
                    long.Parse(fields[0], CultureInfo.InvariantCulture),
                    DateOnly.Parse(fields[2], CultureInfo.InvariantCulture),
                    fields[4],
                    fields[3] == "credit" ? amount : -amount,
                    decimal.Parse(fields[6], CultureInfo.InvariantCulture)));
        }
    }
}
