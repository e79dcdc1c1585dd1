using System.Globalization;
using Actors.Bank;
using Actors.Bank.Tests;
using Actors.Explorer.Tests.Silos;
using Actors.Orleans;
using Microsoft.Playwright;

namespace Actors.Explorer.Tests.Browser;

/// <summary>Each view in a real browser, on a silo with a real bank's ledger. No page may end with an error in the browser.</summary>
public abstract class ViewRules(BrowserFixture browser) : IAsyncLifetime
{
    private readonly List<KeyValuePair<long, List<LedgerEntry>>> _accounts = [.. BerkaEntries.Read().OrderByDescending(a => a.Value.Count).Take(40)];
    private BankSilo? _silo;

    private protected BankSilo Silo => _silo!;

    private KeyValuePair<long, List<LedgerEntry>> Longest => _accounts[0];

    private string Stream => $"account/{Longest.Key:X}/account";

    private string Id => Uri.EscapeDataString(Stream);

    public async ValueTask InitializeAsync()
    {
        _silo = await BankSilo.StartExplorerAsync(o =>
        {
            Use(o);
            o.CheckpointEvents = 50;
        });
        await _silo.BookAsync(_accounts);
    }

    public async ValueTask DisposeAsync()
    {
        await Silo.DisposeAsync();
        await CleanAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task The_overview_counts_live_while_the_bank_works()
    {
        await using WatchedPage page = await browser.OpenAsync(Silo.Address);
        await page.GoAsync("");
        await page.ExpectAsync("h1", "wal");
        await page.ExpectAsync("dd", _accounts.Count.ToString(CultureInfo.InvariantCulture));
        using var stop = new CancellationTokenSource();
        Task work = WorkAsync(stop.Token);
        await Assertions.Expect(page.Find(".chart strong").First).Not.ToHaveTextAsync("0", new() { Timeout = 20_000 });
        await Task.Delay(TimeSpan.FromSeconds(4), TimeProvider.System, TestContext.Current.CancellationToken);
        await SaveAsync(page, "overview");
        await stop.CancelAsync();
        await work;
        Assert.Empty(page.Errors);
    }

    [Fact]
    public async Task Streams_are_found_by_how_their_ids_begin_and_opened()
    {
        await using WatchedPage page = await browser.OpenAsync(Silo.Address);
        await page.GoAsync("wal/streams");
        await page.ExpectVisibleAsync(".streams .scroll a");
        await page.ExpectAsync(".when", $"{_accounts.Count} streams");
        await SaveAsync(page, "streams");
        await page.Page.Keyboard.PressAsync("/");
        await page.Page.Keyboard.TypeAsync(Stream);
        await Assertions.Expect(page.Find(".streams .scroll a")).ToHaveCountAsync(1, new() { Timeout = 20_000 });
        await page.Find(".streams .scroll a").ClickAsync();
        await page.ExpectAsync("h1", Stream);
        Assert.Empty(page.Errors);
    }

    [Fact]
    public async Task A_streams_events_are_shown_from_the_newest_and_new_ones_come_live()
    {
        await using WatchedPage page = await browser.OpenAsync(Silo.Address);
        int head = Longest.Value.Count;
        await page.GoAsync($"wal/streams/events?id={Id}");
        await page.ExpectAsync(".events .scroll .row", Shown(head));
        await Silo.Account(Longest.Key).Deposit(77, 12.34m);
        await page.ExpectAsync(".events .scroll .row", Shown(head + 1));
        await page.ExpectAsync(".events .scroll .row", "12.34");
        await page.Find("[data-search]").FillAsync("20");
        await page.Find(".tools form button").ClickAsync();
        await page.ExpectAsync(".events .row.chosen", "20");
        await page.ExpectAsync(".details", Longest.Value[19].Operation);
        await SaveAsync(page, "timeline");
        await page.Find("[data-search]").FillAsync("no time");
        await page.Find(".tools form button").ClickAsync();
        await page.ExpectAsync(".title", "neither a sequence nor a time");
        Assert.Empty(page.Errors);
    }

    [Fact]
    public async Task The_slider_shows_the_balances_that_the_bank_published()
    {
        await using WatchedPage page = await browser.OpenAsync(Silo.Address);
        await page.GoAsync($"wal/streams/state?id={Id}&at=20");
        await ExpectBalanceAsync(page, 20);
        await SaveAsync(page, "state");
        await page.Find("[data-step='1']").ClickAsync();
        await ExpectBalanceAsync(page, 21);
        await page.Page.Keyboard.PressAsync("ArrowLeft");
        await ExpectBalanceAsync(page, 20);
        foreach (int at in new[] { 1, 57, Longest.Value.Count })
        {
            await page.Find(".slider input[type=range]").FillAsync(at.ToString(CultureInfo.InvariantCulture));
            await ExpectBalanceAsync(page, at);
            Assert.Contains($"at={at}", page.Page.Url, StringComparison.Ordinal);
        }

        await page.Find(".diff .line button", "/TransfersSent").ClickAsync();
        await page.ExpectAsync(".found", "was not changed by any event");
        await page.Find(".diff .line button", "/Balance").ClickAsync();
        await page.ExpectAsync(".found", "was last changed by event");
        Assert.Empty(page.Errors);
    }

    [Fact]
    public async Task The_feed_shows_what_is_appended_and_filters_it()
    {
        await using WatchedPage page = await browser.OpenAsync(Silo.Address);
        await page.GoAsync($"wal/feed?prefix={Id}");
        await page.ExpectVisibleAsync(".feed .head");
        await Silo.Account(_accounts[1].Key).Deposit(78, 1);
        await Silo.Account(Longest.Key).Deposit(79, 98.76m);
        await page.ExpectAsync(".feed .scroll .row", "98.76");
        Assert.All(await page.Find(".feed .scroll .row .id a").AllInnerTextsAsync(), t => Assert.Equal(Stream, t));
        await SaveAsync(page, "feed");
        Assert.Empty(page.Errors);
    }

    [Fact]
    public async Task Health_verifies_the_whole_store_on_demand()
    {
        await using WatchedPage page = await browser.OpenAsync(Silo.Address);
        await page.GoAsync("wal/health");
        await page.ExpectAsync(".good", "Nothing needs an operator.");
        await page.Find(".card button").First.ClickAsync();
        await page.ExpectAsync(".card .good", Verified);
        await SaveAsync(page, "health");
        Assert.Empty(page.Errors);
    }

    [Fact]
    public async Task A_narrow_and_dark_screen_shows_every_view_without_scrolling_aside()
    {
        await using WatchedPage page = await browser.OpenAsync(Silo.Address, new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = 360, Height = 740 },
            ColorScheme = ColorScheme.Dark,
        });
        foreach (string path in new[] { "wal", "wal/streams", $"wal/streams/events?id={Id}&at=3", $"wal/streams/state?id={Id}&at=3", "wal/feed", "wal/segments", "wal/health" })
        {
            await page.GoAsync(path);
            await page.ExpectVisibleAsync("main h1");
            await Task.Delay(TimeSpan.FromSeconds(0.3), TimeProvider.System, TestContext.Current.CancellationToken);
            Assert.True(await page.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), $"{path} is wider than the screen.");
        }

        Assert.Equal("dark", await page.Page.EvaluateAsync<string>("document.documentElement.dataset.theme"));
        Assert.Empty(page.Errors);
    }

    [Fact]
    public async Task What_does_not_exist_is_said_in_place()
    {
        await using WatchedPage page = await browser.OpenAsync(Silo.Address);
        await page.GoAsync("wal/streams/events?id=no%2Fsuch%2Fstream");
        await page.ExpectAsync(".problem", "There is no stream 'no/such/stream'.");
        await page.GoAsync("nothing/streams");
        await page.ExpectAsync(".problem", "There is no log 'nothing'.");
        await page.GoAsync("wal/streams/state");
        await page.ExpectAsync(".problem", "names no stream");
        Assert.Empty(page.Errors);
    }

    /// <summary>What a verification without problems says.</summary>
    protected abstract string Verified { get; }

    protected abstract void Use(WriteAheadLogOptions options);

    protected abstract ValueTask CleanAsync();

    /// <summary>Saves a picture for the docs. They show a store on files.</summary>
    protected virtual bool HasPictures => false;

    private Task SaveAsync(WatchedPage page, string name) => HasPictures ? page.SaveAsync(name) : Task.CompletedTask;

    private async Task ExpectBalanceAsync(WatchedPage page, int at)
    {
        await page.ExpectAsync(".state h2", $"{nameof(EntryBooked)} {Shown(at)}");
        await page.ExpectAsync(".diff .line", Longest.Value[at - 1].StatedBalance.ToString(CultureInfo.InvariantCulture));
    }

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        for (long n = 1_000_000; !cancellationToken.IsCancellationRequested; n += 100)
            await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Silo.Account(_accounts[i % _accounts.Count].Key).Deposit(n + i, 1)));
    }

    private static string Shown(long sequence) => sequence.ToString("N0", CultureInfo.InvariantCulture);
}
