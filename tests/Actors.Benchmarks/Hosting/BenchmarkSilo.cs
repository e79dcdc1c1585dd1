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

/// <summary>A silo in this process, called through its own client, so that no network connection is measured.</summary>
internal sealed class BenchmarkSilo : IAsyncDisposable
{
    // With a slow storage thousands of callers wait for each other.
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromMinutes(5);

    private readonly IHost _host;
    private readonly IPEndPoint _address;

    private BenchmarkSilo(IHost host, IPEndPoint address)
    {
        _host = host;
        _address = address;
    }

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <param name="directory">The directory of its local logs; null for one of several silos, which has none.</param>
    /// <param name="postgres">The tables on the server; null without a server.</param>
    /// <param name="first">The first silo of the cluster that it joins; null to start a new cluster.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    public static async Task<BenchmarkSilo> StartAsync(BenchmarkDirectory? directory, PostgresTables? postgres, BenchmarkSilo? first, CancellationToken cancellationToken)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.None);

        // An interrupt stops the run, which then stops the silo.
        builder.Services.AddSingleton<IHostLifetime, RunLifetime>();
        (int siloPort, int gatewayPort) = FreePorts();
        var address = new IPEndPoint(IPAddress.Loopback, siloPort);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(siloPort, gatewayPort, first?._address, serviceId: postgres?.ServiceId ?? "benchmarks");
            silo.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = ResponseTimeout);
            silo.UseTransactions();
            silo.AddMemoryGrainStorage(StorageNames.Memory);
            silo.AddLogStorageBasedLogConsistencyProvider(StorageNames.LogStorage);
            silo.AddStateStorageBasedLogConsistencyProvider(StorageNames.StateStorage);
            if (directory is not null)
                AddLocalLogs(silo, directory);
            if (postgres is not null)
                AddPostgres(silo, postgres);

            // These providers are never called, but their grains need them to be registered.
            if (directory is null)
                AddPostgresLogs(silo, postgres!, StorageNames.GrainLogs, StorageNames.Replayed);
            else if (postgres is null)
                silo.AddWriteAheadLog(StorageNames.Postgres, o => o.UseLocal(directory.Next(StorageNames.Postgres)));
        });
        var started = new BenchmarkSilo(builder.Build(), address);
        try
        {
            // A silo whose start is interrupted can't be stopped in an orderly way, and the start is short.
            await started._host.StartAsync(CancellationToken.None);
        }
        catch
        {
            started._host.Dispose();
            throw;
        }

        if (!cancellationToken.IsCancellationRequested)
            return started;
        await started.DisposeAsync();
        throw new OperationCanceledException(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private static void AddLocalLogs(ISiloBuilder silo, BenchmarkDirectory directory)
    {
        foreach (string name in (string[])[StorageNames.GrainLogs, StorageNames.States, StorageNames.Journaled, StorageNames.Durable, StorageNames.Transactions])
            silo.AddWriteAheadLog(name, o => o.UseLocal(directory.Next(name)));
        silo.AddWriteAheadLogJournalStorage(logName: StorageNames.Durable);
        silo.UseJsonJournalFormat(CounterJson.Default);
        silo.AddWriteAheadLog(StorageNames.Replayed, o =>
        {
            o.UseLocal(directory.Next(StorageNames.Replayed));
            o.CheckpointEvents = int.MaxValue;
            o.CheckpointBytes = long.MaxValue;
            o.CheckpointAtDeactivation = false;
        });
    }

    private static void AddPostgres(ISiloBuilder silo, PostgresTables postgres)
    {
        AddPostgresLogs(silo, postgres, StorageNames.Postgres);
        silo.AddAdoNetGrainStorage(StorageNames.AdoNet, o =>
        {
            o.Invariant = "Npgsql";
            o.ConnectionString = postgres.ConnectionString;
        });
    }

    private static void AddPostgresLogs(ISiloBuilder silo, PostgresTables postgres, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
            silo.AddWriteAheadLog(name, o => o.UsePostgres(postgres.ConnectionString, s => s with { Schema = postgres.LogSchema }));
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
