using Microsoft.Playwright;

namespace Actors.Explorer.Tests.Browser;

/// <summary>A page of the explorer in a browser. It must end without an error of a script, of the content's policy or of a circuit.</summary>
internal sealed class WatchedPage : IAsyncDisposable
{
    private const string ScreenshotsVariable = "ACTORS_SCREENSHOTS";

    private readonly IBrowserContext _context;
    private readonly string _address;
    private readonly List<string> _errors = [];

    public WatchedPage(IBrowserContext context, IPage page, string address)
    {
        (_context, Page, _address) = (context, page, address);
        page.PageError += (_, error) => _errors.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                _errors.Add(message.Text);
        };
    }

    public IPage Page { get; }

    public IReadOnlyList<string> Errors => _errors;

    public async Task GoAsync(string path) => await Page.GotoAsync($"{_address}/explorer/{path}");

    public ILocator Find(string selector) => Page.Locator(selector);

    public ILocator Find(string selector, string text) => Page.Locator(selector, new() { HasTextString = text });

    public Task ExpectAsync(string selector, string text) => Assertions.Expect(Page.Locator(selector).First).ToContainTextAsync(text, new() { Timeout = 20_000 });

    public Task ExpectVisibleAsync(string selector) => Assertions.Expect(Page.Locator(selector).First).ToBeVisibleAsync(new() { Timeout = 20_000 });

    /// <summary>Saves a picture of the page, if a directory for pictures is named by the environment.</summary>
    public async Task SaveAsync(string name)
    {
        if (Environment.GetEnvironmentVariable(ScreenshotsVariable) is { Length: > 0 } directory)
            await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(directory, name + ".png"), Animations = ScreenshotAnimations.Disabled });
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
