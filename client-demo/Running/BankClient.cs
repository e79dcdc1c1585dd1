using System.Net;
using Actors.Bank;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Actors.ClientDemo.Running;

/// <summary>A client of one or several gateways. A new one is made after a kill, so that no call waits for a dead silo.</summary>
internal sealed class BankClient : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly IClusterClient _client;

    private BankClient(IHost host)
    {
        _host = host;
        _client = host.Services.GetRequiredService<IClusterClient>();
    }

    /// <exception cref="DemoException">No silo answers at the gateways.</exception>
    public static Task<BankClient> ConnectAsync(IPEndPoint gateway, CancellationToken cancellationToken)
        => ConnectAsync([gateway], cancellationToken);

    /// <summary>Connects a client to a cluster. It calls through any of the gateways that answers.</summary>
    /// <exception cref="DemoException">No silo answers at the gateways.</exception>
    public static async Task<BankClient> ConnectAsync(IReadOnlyList<IPEndPoint> gateways, CancellationToken cancellationToken)
    {
        IHost host = Host.CreateEmptyApplicationBuilder(null)
            .UseClient(gateways)
            .Build();
        try
        {
            await host.StartAsync(cancellationToken);
            return new BankClient(host);
        }
        catch (Exception e)
        {
            host.Dispose();
            if (e is OperationCanceledException)
                throw;
            throw new DemoException($"No silo answers at {string.Join(", ", gateways)}: {e.Message}");
        }
    }

    public IGrainFactory Grains => _client;

    public IAccountGrain Account(long number) => _client.GetGrain<IAccountGrain>(number);

    public async ValueTask DisposeAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            await _host.StopAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // The silo is gone, so the client can't close its connection in the regular way.
        }

        _host.Dispose();
    }
}

internal static class BankClientBuilder
{
    public static HostApplicationBuilder UseClient(this HostApplicationBuilder builder, IReadOnlyList<IPEndPoint> gateways)
    {
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleansClient(client => client
            .UseStaticClustering([.. gateways])
            .Configure<ClusterOptions>(o =>
            {
                o.ClusterId = "actors";
                o.ServiceId = "bank";
            })
            .Configure<ClientMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromSeconds(10))
            .Configure<GatewayOptions>(o => o.GatewayListRefreshPeriod = TimeSpan.FromSeconds(1)));
        return builder;
    }
}
