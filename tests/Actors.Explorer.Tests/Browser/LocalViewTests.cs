using Actors.Orleans;

namespace Actors.Explorer.Tests.Browser;

/// <summary>The views of a store on files.</summary>
public sealed class LocalViewTests(BrowserFixture browser) : ViewRules(browser)
{
    private readonly BrowserFixture _browser = browser;
    private readonly TestDirectory _directory = new();

    protected override bool HasPictures => true;

    protected override string Verified => "everything is as it was written";

    [Fact]
    public async Task Segments_are_a_map_with_details()
    {
        await using WatchedPage page = await _browser.OpenAsync(Silo.Address);
        await page.GoAsync("wal/segments");
        await page.Find(".map .tile").First.ClickAsync();
        await page.ExpectAsync(".details", "appends go there");
        await page.SaveAsync("segments");
        Assert.Empty(page.Errors);
    }

    protected override void Use(WriteAheadLogOptions options) => options.UseLocal(_directory.Path);

    protected override ValueTask CleanAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }
}
