using Actors.Explorer.Tests.Silos;

namespace Actors.Explorer.Tests.Browser;

/// <summary>What is stored is text, and never markup.</summary>
public sealed class HostileTextTests(BrowserFixture browser) : IAsyncLifetime
{
    private const string Markup = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">";
    private const string Key = $"{Markup}\"'&?#%2F ü 🙂";
    private const string Stream = $"counter/{Key}/counter";

    private readonly TestDirectory _directory = new();
    private BankSilo? _silo;

    public async ValueTask InitializeAsync()
    {
        _silo = await BankSilo.StartExplorerAsync(o => o.UseLocal(_directory.Path));
        ICounterGrain counter = _silo.Grains.GetGrain<ICounterGrain>(Key);
        await counter.Add(1, Markup);
        await counter.Add(2, $"second {Markup}");
    }

    public async ValueTask DisposeAsync()
    {
        await _silo!.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Markup_in_ids_and_payloads_stays_text_in_every_view()
    {
        await using WatchedPage page = await browser.OpenAsync(_silo!.Address);
        await page.GoAsync("wal/streams");
        await page.ExpectAsync(".streams .scroll a", Stream);
        await page.Find(".streams .scroll a").First.ClickAsync();
        await page.ExpectAsync("h1", Stream);
        await page.ExpectAsync(".events .scroll .row", "second <script>");
        await page.Find(".events .scroll .row button").First.ClickAsync();
        await page.ExpectAsync(".details", "second <script>");
        await page.Find(".details a.button").ClickAsync();
        await page.ExpectAsync(".diff", "second <script>");
        await page.GoAsync("wal/feed");
        await page.ExpectAsync(".feed .scroll .row", "second <script>");
        await page.GoAsync($"wal/streams/events?id={Uri.EscapeDataString(Markup)}");
        await page.ExpectAsync(".problem", Markup);
        Assert.NotEqual("taken", await page.Page.TitleAsync());
        Assert.Equal(0, await page.Page.Locator("main img, main script").CountAsync());
        Assert.Empty(page.Errors);
    }
}
