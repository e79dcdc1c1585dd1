using System.Globalization;
using System.Net;
using Actors.ClientDemo.Running;

namespace Actors.ClientDemo.Clusters;

/// <summary>Silo processes that share a database.</summary>
internal sealed class SiloCluster : IAsyncDisposable
{
    private const int MostStarts = 5;

    private readonly List<SiloProcess> _silos = [];

    public SiloCluster(ChaosOptions options, ClusterDatabase database)
    {
        for (int i = 0; i < options.Silos; i++)
        {
            IPAddress host = options.SiloHosts.Count > 0 ? options.SiloHosts[i] : IPAddress.Loopback;
            string? command = options.SiloCommand?.Replace("{0}", (i + 1).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
            _silos.Add(new SiloProcess(new SiloPlace(host, command), database.Settings));
        }
    }

    public IReadOnlyList<SiloProcess> Silos => _silos;

    public IReadOnlyList<IPEndPoint> Gateways => [.. _silos.Select(s => s.Gateway)];

    /// <summary>Starts the silos one after the other, so that each joins those before it.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (SiloProcess silo in _silos)
            await StartAsync(silo, cancellationToken);
    }

    /// <summary>Stops all silos, and starts them when none is left.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_silos.Select(s => s.StopAsync()));
        await StartAsync(cancellationToken);
    }

    /// <summary>Starts a silo. If it ends instead, starts it again, as a container orchestrator does: its server may be unreachable.</summary>
    public static async Task StartAsync(SiloProcess silo, CancellationToken cancellationToken)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                await silo.StartAsync(cancellationToken);
                return;
            }
            catch (DemoException) when (tries < MostStarts)
            {
                await silo.StopAsync();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (SiloProcess silo in _silos)
            await silo.DisposeAsync();
    }
}
