using System.Net;
using Actors.Bank;
using Actors.Orleans;
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

    /// <summary>How long a connect waits for a gateway, unless the caller says otherwise.</summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(30);

    /// <exception cref="DemoException">No silo answers at the gateways.</exception>
    public static Task<BankClient> ConnectAsync(IPEndPoint gateway, CancellationToken cancellationToken)
        => ConnectAsync([gateway], DefaultDeadline, cancellationToken);

    /// <summary>Connects a client to a cluster. It calls through any of the gateways that answers.</summary>
    /// <param name="gateways">The gateways.</param>
    /// <param name="deadline">How long to wait for one of them. Orleans itself would try again without end.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="DemoException">No silo answers at the gateways.</exception>
    public static async Task<BankClient> ConnectAsync(IReadOnlyList<IPEndPoint> gateways, TimeSpan deadline, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(deadline);
        IHost host = Host.CreateEmptyApplicationBuilder(null)
            .UseClient(gateways)
            .Build();
        try
        {
            // Orleans does not look at the token during a handshake that is never answered.
            await host.StartAsync(limit.Token).WaitAsync(limit.Token);
            return new BankClient(host);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            host.Dispose();
            throw new DemoException(
                $"No silo answered as a gateway at {string.Join(", ", gateways)} within {deadline.TotalSeconds:0} s. Check that a silo runs there, is ready (/health/ready), and that its own Silo:GatewayPort has this number: a gateway that is published under another port is refused.");
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
            .AddWriteAheadLogErrors()
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
