using Actors.Orleans.Tests.Grains;
using Actors.Wal;
using Orleans.TestingHost;

namespace Actors.Orleans.Tests.Hosting;

/// <summary>A cluster in this process with the provider "wal"; the directory may outlive it.</summary>
public sealed class WalCluster : IAsyncDisposable
{
    private WalCluster(InProcessTestCluster cluster) => Cluster = cluster;

    public InProcessTestCluster Cluster { get; }

    public IGrainFactory Client => Cluster.Client;

    public IServiceProvider Services => Cluster.Silos[0].ServiceProvider;

    public INotebookGrain Notebook(string key) => Client.GetGrain<INotebookGrain>(key);

    public ILogStore Store => Services.GetWriteAheadLog();

    public static Task<WalCluster> StartAsync(
        TestDirectory directory,
        Action<WriteAheadLogOptions>? configure = null,
        Action<ISiloBuilder>? silo = null,
        short silos = 1)
    {
        Action<WriteAheadLogOptions> use = o =>
        {
            o.UseLocal(directory.Path);
            o.SegmentBytes = 1024 * 1024;
            o.MaxBatchBytes = 256 * 1024;
            o.MaxRecordBytes = 128 * 1024;
        };
        return StartAsync(use + configure, silo, silos);
    }

    public static Task<WalCluster> StartAsync(
        TestBackend backend,
        Action<WriteAheadLogOptions>? configure = null,
        Action<ISiloBuilder>? silo = null,
        short silos = 1)
    {
        Action<WriteAheadLogOptions> use = o => backend.Use(o, silos > 1);
        return StartAsync(use + configure, silo, silos);
    }

    public static async Task<WalCluster> StartAsync(InProcessTestClusterBuilder builder)
    {
        builder.ConfigureClient(c => c.AddWriteAheadLogErrors().UseTransactions());
        builder.ConfigureSilo((_, s) => s.EndDirectory().ApplyPileEvents().ApplyScheduledEvents());

        // One service over restarts: a log in PostgreSQL belongs to one.
        builder.Options.ServiceId = "tests";
        InProcessTestCluster cluster = builder.Build();
        try
        {
            await cluster.DeployAsync();
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }

        return new WalCluster(cluster);
    }

    /// <summary>A cluster whose silos all use one store of this process: what a shared backend gives them.</summary>
    public static Task<WalCluster> StartSharedAsync(ILogStore store, short silos, Action<WriteAheadLogOptions>? configure = null, Func<LogStreamId, Task>? beforeOpen = null, Func<ILogStream, ILogStream>? wrap = null, Action<ISiloBuilder>? silo = null)
    {
        Action<WriteAheadLogOptions> use = o => o.UseStore((_, _) => Task.FromResult<ILogStore>(new SharedStore(store) { BeforeOpen = beforeOpen, Wrap = wrap ?? (static stream => stream) }));
        return StartAsync(use + configure, silo, silos);
    }

    /// <summary>Ends the silos as a crash does.</summary>
    public async Task KillAsync()
    {
        foreach (InProcessSiloHandle silo in Cluster.Silos.ToList())
            await Cluster.KillSiloAsync(silo);
        await Cluster.DisposeAsync();
    }

    /// <summary>Moves a grain from the silo where it is to another one.</summary>
    public async Task MoveAsync(IAddressable grain)
    {
        Assert.True(Cluster.TryGetGrainContext(grain.GetGrainId(), out IGrainContext? context));
        SiloAddress other = Cluster.Silos.Select(s => s.SiloAddress).First(a => !a.Equals(context.Address.SiloAddress));
        await Cluster.MigrateAsync(grain, other);
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.StopAllSilosAsync();
        await Cluster.DisposeAsync();
    }

    private static Task<WalCluster> StartAsync(Action<WriteAheadLogOptions> use, Action<ISiloBuilder>? silo, short silos)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, s) =>
        {
            s.AddWriteAheadLog(use);
            silo?.Invoke(s);
        });
        return StartAsync(builder);
    }
}
