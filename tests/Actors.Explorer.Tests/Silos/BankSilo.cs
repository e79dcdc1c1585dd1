using System.Net;
using Actors.Bank;
using Actors.Orleans;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Actors.Explorer.Tests.Silos;

/// <summary>A silo with the bank's accounts, in a web application as a program of a user would have it.</summary>
internal sealed class BankSilo : IAsyncDisposable
{
    private BankSilo(WebApplication app) => App = app;

    public WebApplication App { get; }

    public IServiceProvider Services => App.Services;

    /// <summary>The address that the application listens on, such as <c>http://127.0.0.1:5000</c>.</summary>
    public string Address => App.Urls.First();

    public IGrainFactory Grains => Services.GetRequiredService<IGrainFactory>();

    /// <param name="log">Where the log is kept.</param>
    /// <param name="services">Adds services.</param>
    /// <param name="map">Maps endpoints.</param>
    /// <param name="urls">The addresses to listen on.</param>
    public static async Task<BankSilo> StartAsync(Action<WriteAheadLogOptions> log, Action<IServiceCollection>? services = null, Action<WebApplication>? map = null, string urls = "http://127.0.0.1:0")
    {
        int[] ports = FreePorts.Take(2);
        WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(urls);
        services?.Invoke(builder.Services);
        builder.Host.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(ports[0], ports[1], new IPEndPoint(IPAddress.Loopback, ports[0]));
            silo.AddWriteAheadLog(log);
        });
        WebApplication app = builder.Build();
        map?.Invoke(app);
        await app.StartAsync();
        return new BankSilo(app);
    }

    /// <summary>Starts a silo with the log explorer at <c>/explorer</c>.</summary>
    public static Task<BankSilo> StartExplorerAsync(Action<WriteAheadLogOptions> log, Action<LogExplorerOptions>? options = null) => StartAsync(
        log,
        services => services.AddLogExplorer(options),
        app =>
        {
            app.UseAntiforgery();
            app.MapLogExplorer();
        });

    public IAccountGrain Account(long number) => Grains.GetGrain<IAccountGrain>(number);

    /// <summary>Books the entries of accounts, as the bank published them.</summary>
    public Task BookAsync(IEnumerable<KeyValuePair<long, List<LedgerEntry>>> accounts) => Task.WhenAll(accounts.Select(async account =>
    {
        foreach (LedgerEntry entry in account.Value)
            await Account(account.Key).Book(entry);
    }));

    public async ValueTask DisposeAsync()
    {
        await App.StopAsync();
        await App.DisposeAsync();
    }
}
