using System.Net;
using System.Net.Sockets;
using Actors.Benchmarks.Grains;
using Actors.Orleans;
using Actors.Orleans.Journaling;
using Actors.Orleans.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Journaling.Json;

namespace Actors.Benchmarks.Hosting;

/// <summary>A silo in this process, called through its own client: no connection is part of what is measured.</summary>
internal sealed class BenchmarkSilo : IAsyncDisposable
{
    // Thousands of callers of a slow storage wait for one another.
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromMinutes(5);

    private readonly IHost _host;

    private BenchmarkSilo(IHost host) => _host = host;

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public static async Task<BenchmarkSilo> StartAsync(BenchmarkDirectory directory, PostgresTables? postgres, CancellationToken cancellationToken)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.None);

        // An interrupt stops the run, and the run stops the silo.
        builder.Services.AddSingleton<IHostLifetime, RunLifetime>();
        builder.UseOrleans(silo => Configure(silo, directory, postgres));
        var started = new BenchmarkSilo(builder.Build());
        try
        {
            // A silo that is interrupted half way can't be stopped in order; it takes no long to start.
            await started._host.StartAsync(CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private static void Configure(ISiloBuilder silo, BenchmarkDirectory directory, PostgresTables? postgres)
    {
        (int siloPort, int gatewayPort) = FreePorts();
        silo.UseLocalhostClustering(siloPort, gatewayPort, serviceId: postgres?.ServiceId ?? "benchmarks");
        silo.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = ResponseTimeout);
        silo.AddMemoryGrainStorage(StorageNames.Memory);
        silo.AddLogStorageBasedLogConsistencyProvider(StorageNames.LogStorage);
        silo.AddStateStorageBasedLogConsistencyProvider(StorageNames.StateStorage);
        foreach (string name in (string[])[StorageNames.GrainLogs, StorageNames.States, StorageNames.Journaled, StorageNames.Durable, StorageNames.Transactions])
            silo.AddWriteAheadLog(name, o => o.UseLocal(directory.Next(name)));
        silo.UseWriteAheadLogForDurableGrains(StorageNames.Durable);
        silo.UseJsonJournalFormat(CounterJson.Default);
        silo.UseTransactions();
        silo.AddWriteAheadLog(StorageNames.Replayed, o =>
        {
            o.UseLocal(directory.Next(StorageNames.Replayed));
            o.CheckpointEvents = int.MaxValue;
            o.CheckpointBytes = long.MaxValue;
            o.CheckpointAtDeactivation = false;
        });

        // Grains that nobody calls without a server must find their provider nevertheless.
        silo.AddWriteAheadLog(StorageNames.Postgres, o =>
        {
            if (postgres is null)
                o.UseLocal(directory.Next(StorageNames.Postgres));
            else
                o.UsePostgres(postgres.ConnectionString, s => s with { Schema = postgres.LogSchema });
        });
        if (postgres is not null)
        {
            silo.AddAdoNetGrainStorage(StorageNames.AdoNet, o =>
            {
                o.Invariant = "Npgsql";
                o.ConnectionString = postgres.ConnectionString;
            });
        }
    }

    private static (int SiloPort, int GatewayPort) FreePorts()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }

    private sealed class RunLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
