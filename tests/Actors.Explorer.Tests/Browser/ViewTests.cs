using Actors.Bank;
using Actors.Bank.Tests;
using Actors.Explorer.Tests.Silos;

namespace Actors.Explorer.Tests.Browser;

/// <summary>Each view in a real browser, on a silo with a real bank's ledger.</summary>
public sealed class ViewTests(BrowserFixture browser) : IAsyncLifetime
{
    private readonly TestDirectory _directory = new();
    private readonly List<KeyValuePair<long, List<LedgerEntry>>> _accounts = [.. BerkaEntries.Read().OrderByDescending(a => a.Value.Count).Take(60)];
    private BankSilo? _silo;

    private KeyValuePair<long, List<LedgerEntry>> Longest => _accounts[0];

    private string Stream => $"account/{Longest.Key:X}/account";

    public async ValueTask InitializeAsync()
    {
        _silo = await BankSilo.StartExplorerAsync(o =>
        {
            o.UseLocal(_directory.Path);
            o.CheckpointEvents = 50;
        });
        await _silo.BookAsync(_accounts);
    }

    public async ValueTask DisposeAsync()
    {
        await _silo!.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Look()
    {
        await using WatchedPage page = await browser.OpenAsync(_silo!.Address);
        await page.GoAsync("");
        await page.ExpectAsync("h1", "wal");
        for (int i = 0; i < 12; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 400 + i * 60).Select(n => _silo!.Account(n % 50 + 1_000_000).Deposit(i * 10_000 + n, 1)));
            await Task.Delay(TimeSpan.FromSeconds(0.7), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        await page.SaveAsync("overview");
        await page.GoAsync("wal/streams");
        await page.ExpectVisibleAsync(".streams .scroll a");
        await page.SaveAsync("streams");
        await page.GoAsync($"wal/stream?id={Uri.EscapeDataString(Stream)}&at=20");
        await page.ExpectVisibleAsync(".events .row.chosen");
        await page.SaveAsync("timeline");
        await page.GoAsync($"wal/state?id={Uri.EscapeDataString(Stream)}&at=20");
        await page.ExpectVisibleAsync(".diff .line");
        await page.SaveAsync("state");
        await page.GoAsync($"wal/segments?id={Uri.EscapeDataString(Stream)}");
        await page.ExpectVisibleAsync(".map .tile");
        await page.SaveAsync("segments");
        await page.GoAsync("wal/feed");
        await page.ExpectVisibleAsync(".feed .scroll .row");
        await page.SaveAsync("feed");
        await page.GoAsync("wal/health");
        await page.ExpectVisibleAsync(".good");
        await page.SaveAsync("health");
        Assert.Empty(page.Errors);
    }
}
