using Actors.Orleans;
using Orleans.TestingHost;

namespace Actors.Bank.Tests;

/// <summary>A silo in this process with account grains on a local store.</summary>
internal static class BankCluster
{
    public static async Task<InProcessTestCluster> StartAsync(TestDirectory directory, int checkpointEvents = 50)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) => silo.AddWriteAheadLog(o =>
        {
            o.UseLocal(directory.Path);
            o.CheckpointEvents = checkpointEvents;
        }));
        InProcessTestCluster cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }

    public static async Task StopAsync(this InProcessTestCluster cluster)
    {
        await cluster.StopAllSilosAsync();
        await cluster.DisposeAsync();
    }

    public static IAccountGrain Account(this InProcessTestCluster cluster, long number) => cluster.Client.GetGrain<IAccountGrain>(number);
}
