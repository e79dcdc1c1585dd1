using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;
using Actors.Wal.Local;
using Orleans.Configuration;
using Orleans.TestingHost;
using Orleans.Transactions;

namespace Actors.Orleans.Tests.TransactionalStates;

/// <summary>Transactions over several grains, whose states are in the log.</summary>
public sealed class TransactionTests : IDisposable
{
    private const int Purses = 12;
    private const long Money = 1000;

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Changes_of_a_transaction_survive_a_restart()
    {
        await using (WalCluster cluster = await StartAsync(_directory.Path))
        {
            await FillAsync(cluster);
            await cluster.Client.GetGrain<ITellerGrain>(0).Move(1, 2, 300);
        }

        await using WalCluster restarted = await StartAsync(_directory.Path);
        Assert.Equal(700, await restarted.Client.GetGrain<IPurseGrain>(1).Count());
        Assert.Equal(1300, await restarted.Client.GetGrain<IPurseGrain>(2).Count());
    }

    [Fact]
    public async Task An_activation_that_is_fenced_ends_by_itself()
    {
        await using WalCluster cluster = await StartAsync(_directory.Path);
        await FillAsync(cluster);
        IPurseGrain purse = cluster.Client.GetGrain<IPurseGrain>(1);
        StreamInfo stream = await cluster.Store.ListAsync($"{purse.GetGrainId()}/", TestContext.Current.CancellationToken).SingleAsync(TestContext.Current.CancellationToken);
        await using (ILogStream other = await cluster.Store.OpenAsync(stream.Id, cancellationToken: TestContext.Current.CancellationToken))
            await cluster.Cluster.WaitForDeactivationAsync(purse);
        Assert.Equal(Money, await purse.Count());
    }

    [Fact]
    public async Task A_transaction_that_fails_changes_nothing()
    {
        await using WalCluster cluster = await StartAsync(_directory.Path);
        await FillAsync(cluster);
        await Assert.ThrowsAnyAsync<OrleansTransactionException>(() => cluster.Client.GetGrain<ITellerGrain>(0).Move(1, 2, Money + 1));
        Assert.Equal(Money, await cluster.Client.GetGrain<IPurseGrain>(1).Count());
        Assert.Equal(Money, await cluster.Client.GetGrain<IPurseGrain>(2).Count());
    }

    [Fact]
    public async Task Money_is_neither_made_nor_lost_under_concurrent_moves_and_a_kill()
    {
        WalCluster cluster = await StartAsync(_directory.Path);
        await FillAsync(cluster);
        int moved = 0;
        var random = new Random(11);
        (int From, int To, long Amount)[] moves = [.. Enumerable.Range(0, 400).Select(_ => (random.Next(Purses), random.Next(Purses), (long)random.Next(1, 700)))];
        using var enough = new SemaphoreSlim(0);
        Task[] callers = [.. Enumerable.Range(0, 8).Select(c => Task.Run(async () =>
        {
            for (int i = c; i < moves.Length; i += 8)
            {
                if (moves[i].From == moves[i].To)
                    continue;
                try
                {
                    await cluster.Client.GetGrain<ITellerGrain>(c).Move(moves[i].From, moves[i].To, moves[i].Amount);
                    if (Interlocked.Increment(ref moved) == 60)
                        enough.Release();
                }
                catch (Exception)
                {
                    // Too little money, a conflict, or the end of the silo: it moved or it did not.
                }
            }
        }))];
        Assert.True(await enough.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
        // The log as it is in the middle of it all: some transactions are prepared and not committed.
        using var other = new TestDirectory();
        string cut = Path.Combine(other.Path, "cut");
        await ((LocalLogStore)cluster.Store).BackupAsync(cut, cancellationToken: TestContext.Current.CancellationToken);
        await cluster.Cluster.KillSiloAsync(cluster.Cluster.Silos[0]);
        await Task.WhenAny(Task.WhenAll(callers), Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, TestContext.Current.CancellationToken));
        await cluster.Cluster.DisposeAsync();

        await using WalCluster restarted = await StartAsync(cut);
        long[] counts = await Task.WhenAll(Enumerable.Range(0, Purses).Select(i => AgainAsync(() => restarted.Client.GetGrain<IPurseGrain>(i).Count())));
        Assert.Equal(Purses * Money, counts.Sum());
        Assert.All(counts, c => Assert.InRange(c, 0, Purses * Money));
        Assert.NotEqual(Enumerable.Repeat(Money, Purses), counts);
        int rich = Array.FindIndex(counts, c => c > 0);
        await AgainAsync(async () =>
        {
            await restarted.Client.GetGrain<ITellerGrain>(0).Move(rich, (rich + 1) % Purses, 1);
            return 0;
        });
        Assert.Equal(counts[rich] - 1, await AgainAsync(() => restarted.Client.GetGrain<IPurseGrain>(rich).Count()));
    }

    [Fact]
    public async Task A_grain_that_is_gone_leaves_no_stream_open()
    {
        await using WalCluster cluster = await StartAsync(_directory.Path);
        await FillAsync(cluster);
        for (int i = 0; i < Purses; i++)
            await cluster.Cluster.DeactivateAsync(cluster.Client.GetGrain<IPurseGrain>(i));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (cluster.Store.Statistics.OpenStreams > 0)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Right after a crash a transaction may depend on one that was under way, and be aborted with it.</summary>
    private static async Task<T> AgainAsync<T>(Func<Task<T>> call)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                return await call();
            }
            catch (OrleansTransactionException) when (tries < 50)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }
    }

    private static Task FillAsync(WalCluster cluster)
        => Task.WhenAll(Enumerable.Range(0, Purses).Select(i => cluster.Client.GetGrain<IPurseGrain>(i).Change(Money)));

    private static Task<WalCluster> StartAsync(string directory)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, s) =>
        {
            s.AddWriteAheadLog(o =>
            {
                o.UseLocal(directory);
                o.SegmentBytes = 1024 * 1024;
                o.MaxBatchBytes = 256 * 1024;
                o.MaxRecordBytes = 128 * 1024;
            });
            s.UseTransactions();
            // What was prepared at the crash is asked about soon: by default a minute later.
            s.Configure<TransactionalStateOptions>(o =>
            {
                o.RemoteTransactionPingFrequency = TimeSpan.FromSeconds(1);
                o.ConfirmationRetryDelay = TimeSpan.FromSeconds(1);
            });
        });
        return WalCluster.StartAsync(builder);
    }
}
