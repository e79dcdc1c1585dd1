using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Actors.Explorer.Tests.Browser;
using Actors.Explorer.Tests.Silos;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Actors.Explorer.Tests.Access;

/// <summary>Who sees what.</summary>
public sealed class AccessTests(BrowserFixture browser) : IDisposable
{
    private const string Anywhere = "http://0.0.0.0:0";

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Off_loopback_a_program_does_not_start_without_a_policy()
    {
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(a => a.MapLogExplorer(), Anywhere));
        Assert.Contains("has no authorization policy, and the program listens on http://0.0.0.0:", error.Message, StringComparison.Ordinal);
        Assert.Contains("RequireAuthorization", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Anonymous_access_is_no_policy()
        => await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(a => a.MapLogExplorer().AllowAnonymous(), Anywhere));

    [Fact]
    public async Task With_a_policy_only_those_whom_it_allows_see_anything()
    {
        await using BankSilo silo = await StartAsync(a => a.MapLogExplorer().RequireAuthorization(), Anywhere);
        string address = silo.Address.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal);
        using var client = new HttpClient();
        foreach (string path in new[] { "/explorer", "/explorer/wal/streams", "/explorer/nothing/of/that/kind", "/explorer/_blazor" })
        {
            using HttpResponseMessage refused = await client.GetAsync(new Uri(address + path), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        client.DefaultRequestHeaders.Add(NamedUser.Header, "ann");
        using HttpResponseMessage allowed = await client.GetAsync(new Uri(address + "/explorer"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
    }

    [Theory]
    [InlineData("/explorer", 200)]
    [InlineData("/explorer/wal/feed", 200)]
    [InlineData("/explorer/no/such/page", 404)]
    [InlineData("/explorer/assets/old/explorer.css", 404)]
    public async Task Every_response_forbids_what_a_page_does_not_need(string path, int status)
    {
        await using BankSilo silo = await StartAsync(a => a.MapLogExplorer());
        using var client = new HttpClient();
        using HttpResponseMessage response = await client.GetAsync(new Uri(silo.Address + path), TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)response.StatusCode);
        string policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'; script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("DENY", Assert.Single(response.Headers.GetValues("X-Frame-Options")));
        Assert.Contains("no-store", response.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host", "logs.example.org")]
    [InlineData("Origin", "http://evil.example.org")]
    [InlineData("Origin", "null")]
    public async Task A_page_of_another_site_gets_nothing(string header, string value)
    {
        await using BankSilo silo = await StartAsync(a => a.MapLogExplorer());
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(silo.Address + "/explorer"));
        request.Headers.TryAddWithoutValidation(header, value);
        using HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task Hidden_payloads_are_in_no_view_and_changes_are_offered_to_nobody_by_default()
    {
        await using BankSilo silo = await StartAsync(a => a.MapLogExplorer(), options: o => o.ShowPayloads = static _ => false);
        await silo.Grains.GetGrain<ICounterGrain>("c").Add(1, "a secret");
        await using WatchedPage page = await browser.OpenAsync(silo.Address);
        string id = Uri.EscapeDataString("counter/c/counter");
        foreach ((string path, string hidden) in new[] { ($"wal/streams/events?id={id}&at=1", ".details"), ($"wal/streams/state?id={id}", ".problem") })
        {
            await page.GoAsync(path);
            await page.ExpectAsync(hidden, "hidden from you");
            Assert.DoesNotContain("a secret", await page.Page.ContentAsync(), StringComparison.Ordinal);
        }

        await page.GoAsync("wal/feed");
        await page.ExpectAsync(".feed .scroll .row", "counter/c/counter");
        Assert.DoesNotContain("a secret", await page.Page.ContentAsync(), StringComparison.Ordinal);
        await page.GoAsync("wal/health");
        await page.ExpectVisibleAsync(".good");
        Assert.Equal(0, await page.Find("text=Compact …").CountAsync());
        Assert.Empty(page.Errors);
    }

    [Fact]
    public async Task A_mask_changes_what_every_view_shows()
    {
        await using BankSilo silo = await StartAsync(a => a.MapLogExplorer(), options: o => o.MaskPayload = static p => p.Json.Replace("a secret", "***", StringComparison.Ordinal));
        await silo.Grains.GetGrain<ICounterGrain>("c").Add(1, "a secret");
        await using WatchedPage page = await browser.OpenAsync(silo.Address);
        string id = Uri.EscapeDataString("counter/c/counter");
        foreach ((string path, string shown) in new[] { ($"wal/streams/events?id={id}&at=1", ".details"), ($"wal/streams/state?id={id}", ".diff"), ("wal/feed", ".feed .scroll .row") })
        {
            await page.GoAsync(path);
            await page.ExpectAsync(shown, "***");
            Assert.DoesNotContain("a secret", await page.Page.ContentAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_change_is_confirmed_by_typing_the_name_and_then_done()
    {
        await using BankSilo silo = await StartAsync(a => a.MapLogExplorer(), options: o => o.AllowChanges = static _ => true);
        await silo.Grains.GetGrain<ICounterGrain>("c").Add(1, "one");
        await using WatchedPage page = await browser.OpenAsync(silo.Address);
        await page.GoAsync("wal/health");
        await page.Find("text=Compact …").ClickAsync();
        await page.Find("[data-confirm]").FillAsync("wa");
        Assert.True(await page.Find("button.danger").IsDisabledAsync());
        await page.Find("[data-confirm]").FillAsync("wal");
        await page.Find("button.danger:not([disabled])").ClickAsync();
        await page.ExpectAsync("p.good >> nth=-1", "segments were compacted");
        Assert.Empty(page.Errors);
    }

    private Task<BankSilo> StartAsync(Action<WebApplication> map, string urls = "http://127.0.0.1:0", Action<LogExplorerOptions>? options = null) => BankSilo.StartAsync(
        o => o.UseLocal(_directory.Path),
        services =>
        {
            services.AddLogExplorer(options);
            services.AddAuthentication(NamedUser.Scheme).AddScheme<AuthenticationSchemeOptions, NamedUser>(NamedUser.Scheme, null);
            services.AddAuthorization();
        },
        app =>
        {
            app.UseAuthentication();
            app.UseAuthorization();
            app.UseAntiforgery();
            map(app);
        },
        urls);

    /// <summary>A user is who the request says.</summary>
    private sealed class NamedUser(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        public new const string Scheme = "named";
        public const string Header = "X-User";

        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
            => Task.FromResult(Request.Headers[Header] is [{ } name]
                ? AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], Scheme)), Scheme))
                : AuthenticateResult.NoResult());
    }
}
