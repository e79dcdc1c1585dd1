using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using Actors.Cli.Stores;
using Actors.Explorer;
using Actors.Explorer.Reading;
using Actors.Explorer.Sources;
using Actors.Explorer.Stores;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Actors.Cli.Commands;

/// <summary>Shows a store in the browser, read only, beside an owner too.</summary>
internal static class ExploreCommand
{
    public static Command Make()
    {
        Argument<string> store = CommandLine.Store();
        var port = new Option<int>("--port") { Description = "The port on loopback; a free one without it" };
        var noBrowser = new Option<bool>("--no-browser") { Description = "Print the address only" };
        port.Require(p => p is >= 0 and <= 65535, "must be between 0 and 65535.");
        var command = new Command("explore", "Shows a store in the browser, read only, on loopback, until stopped.\n\nExamples:\n  walctl explore /data\n  walctl explore /backups/monday --port 5050 --no-browser\n  walctl explore \"postgres://silo@db/bank?schema=actors\"") { store, port, noBrowser };
        command.SetAction(async (result, cancellationToken) =>
        {
            var address = StoreAddress.Parse(result.GetValue(store)!);
            using StoreSource source = await OpenAsync(address, cancellationToken);
            await RunAsync(new ExploredStore(NameOf(source), source), result.GetValue(port), !result.GetValue(noBrowser), cancellationToken);
            return ExitCodes.Fine;
        });
        return command;
    }

    private static async Task<StoreSource> OpenAsync(StoreAddress address, CancellationToken cancellationToken)
    {
        if (address is PostgresAddress postgres)
            return await PostgresAddress.TryAsync(() => PostgresSources.OpenAsync(postgres.Options(), cancellationToken));
        var source = new DirectorySource(Path.GetFullPath(((LocalAddress)address).Directory), TimeProvider.System);
        await source.GetOverviewAsync(cancellationToken); // fails if there is no store, or if it can't be read
        return source;
    }

    private static string NameOf(StoreSource source)
        => source is DirectorySource && Path.GetFileName(Path.TrimEndingDirectorySeparator(source.Place)) is { Length: > 0 } name ? name : "store";

    private static async Task RunAsync(ExploredStore store, int port, bool opensBrowser, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Services.AddSingleton<IExploredStores>(new SingleStore(store));
        builder.Services.AddLogExplorer();
        await using WebApplication app = builder.Build();
        app.UseAntiforgery();
        app.MapLogExplorer("/");
        await app.StartAsync(cancellationToken);
        string address = app.Urls.First() + "/";
        Console.WriteLine($"{store.Place} is at {address} until Ctrl+C.");
        if (opensBrowser)
            Open(address);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Stopped by its user.
        }

        await app.StopAsync(CancellationToken.None);
    }

    private static void Open(string address)
    {
        try
        {
            using Process? browser = Process.Start(new ProcessStartInfo(address) { UseShellExecute = true });
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            Console.WriteLine("No browser could be started: open the address yourself.");
        }
    }
}
