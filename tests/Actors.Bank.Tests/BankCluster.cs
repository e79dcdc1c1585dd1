using Actors.Orleans;
using Actors.Wal;
using Orleans.TestingHost;

namespace Actors.Bank.Tests;

/// <summary>A silo in this process with account grains on a local store.</summary>
internal static class BankCluster
{
    public static async Task<InProcessTestCluster> StartAsync(TestDirectory directory, int checkpointEvents = 50, Retention retention = default)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) => silo.AddWriteAheadLog(o =>
        {
            o.UseLocal(directory.Path);
            o.CheckpointEvents = checkpointEvents;
            o.Retention = retention;
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

    /// <summary>All lines of a statement, page by page as each names the next.</summary>
    public static async Task<List<StatementLine>> PageThroughAsync(this IAccountGrain account, StatementRequest request)
    {
        var lines = new List<StatementLine>();
        for (StatementRequest? next = request; next is not null;)
        {
            StatementPage page = await account.GetStatementPage(next);
            Assert.True(page.Lines.Count == next.Count || page.Next is null);
            lines.AddRange(page.Lines);
            next = page.Next;
        }

        return lines;
    }

    public static IAccountGrain Account(this InProcessTestCluster cluster, long number) => cluster.Client.GetGrain<IAccountGrain>(number);
}
