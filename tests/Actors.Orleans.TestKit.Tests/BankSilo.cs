using Orleans.TestingHost;

namespace Actors.Orleans.TestKit.Tests;

/// <summary>A cluster in this process with account grains on a log of the test.</summary>
internal sealed class BankSilo : IAsyncDisposable
{
    private BankSilo(InProcessTestCluster cluster) => Cluster = cluster;

    public InProcessTestCluster Cluster { get; }

    public static async Task<BankSilo> StartAsync(TestLog log, short silos = 1, Action<WriteAheadLogOptions>? configure = null)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) => silo.AddWriteAheadLog(o =>
        {
            o.UseTestLog(log);
            configure?.Invoke(o);
        }));
        builder.ConfigureClient(client => client.AddWriteAheadLogErrors());
        InProcessTestCluster cluster = builder.Build();
        await cluster.DeployAsync();
        return new BankSilo(cluster);
    }

    public Bank.IAccountGrain Account(long number) => Cluster.Client.GetGrain<Bank.IAccountGrain>(number);

    /// <summary>Ends the silos as a crash does.</summary>
    public async Task KillAsync()
    {
        foreach (InProcessSiloHandle silo in Cluster.Silos.ToList())
            await Cluster.KillSiloAsync(silo);
        await Cluster.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.StopAllSilosAsync();
        await Cluster.DisposeAsync();
    }
}
