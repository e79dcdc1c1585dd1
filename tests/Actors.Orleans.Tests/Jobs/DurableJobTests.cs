using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;
using Actors.Wal.Local;
using Microsoft.Extensions.DependencyInjection;
using Orleans.DurableJobs;
using Orleans.Journaling;

namespace Actors.Orleans.Tests.Jobs;

/// <summary>Orleans' durable jobs with their shards in the log.</summary>
public abstract class DurableJobTests(TestBackend backend) : IAsyncLifetime
{
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(4);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return backend.DisposeAsync();
    }

    [Fact]
    public async Task Jobs_run_and_leave_nothing_behind()
    {
        await using WalCluster cluster = await StartAsync(silos: 1);
        IAlarmGrain alarm = cluster.Client.GetGrain<IAlarmGrain>("a");
        for (int i = 0; i < 10; i++)
            await alarm.Schedule($"{i}", TimeSpan.FromMilliseconds(100 * i));
        await RunAsync(alarm, Enumerable.Range(0, 10).Select(i => $"{i}"));
    }

    [Fact]
    public async Task A_cancelled_job_does_not_run()
    {
        await using WalCluster cluster = await StartAsync(silos: 1);
        IAlarmGrain alarm = cluster.Client.GetGrain<IAlarmGrain>("a");
        DurableJob cancelled = await alarm.Schedule("cancelled", Later);
        Assert.True(await alarm.Cancel(cancelled));
        await alarm.Schedule("after", Later);
        await RunAsync(alarm, ["after"]);
    }

    [Fact]
    public async Task Jobs_of_a_silo_that_crashed_run_after_its_restart()
    {
        WalCluster cluster = await StartAsync(silos: 1);
        string[] names = [.. Enumerable.Range(0, 20).Select(i => $"{i}")];
        IAlarmGrain alarm = cluster.Client.GetGrain<IAlarmGrain>("a");
        foreach (string name in names)
            await alarm.Schedule(name, Later);
        await backend.CrashAsync(cluster);
        for (int restart = 0; restart < 2; restart++)
        {
            WalCluster again = await StartAsync(silos: 1);
            await again.Client.GetGrain<IAlarmGrain>("a").GetCalls();
            await backend.CrashAsync(again);
        }

        await using WalCluster last = await StartAsync(silos: 1);
        await RunAsync(last.Client.GetGrain<IAlarmGrain>("a"), names);
    }

    [Fact]
    public async Task Jobs_of_a_killed_silo_are_run_by_the_other_one_and_those_of_a_stopped_one_too()
    {
        await using WalCluster cluster = await StartAsync(silos: 3);
        string[] names = [.. Enumerable.Range(0, 12).Select(i => $"{i}")];
        IAlarmGrain[] alarms = [.. Enumerable.Range(0, 6).Select(i => cluster.Client.GetGrain<IAlarmGrain>($"{i}"))];
        foreach (IAlarmGrain alarm in alarms)
            await Task.WhenAll(names.Select(n => alarm.Schedule(n, Later)));
        await cluster.Cluster.KillSiloAsync(cluster.Cluster.Silos[2]);
        await cluster.Cluster.StopSiloAsync(cluster.Cluster.Silos[1]);
        foreach (IAlarmGrain alarm in alarms)
            await RunAsync(alarm, names);
    }

    [Fact]
    public async Task A_look_for_shards_disturbs_no_silo_that_writes_to_them()
    {
        await using WalCluster cluster = await StartAsync(silos: 2);
        IAlarmGrain[] alarms = [.. Enumerable.Range(0, 4).Select(i => cluster.Client.GetGrain<IAlarmGrain>($"{i}"))];
        var names = new List<string>();
        for (int i = 0; i < 40; i++)
        {
            names.Add($"{i}");
            await Task.WhenAll(alarms.Select(a => a.Schedule(names[^1], TimeSpan.FromMilliseconds(50))));
            foreach (IServiceProvider silo in cluster.Cluster.Silos.Select(s => s.ServiceProvider))
            {
                IJournalStorageCatalog catalog = silo.GetRequiredKeyedService<IJournalStorageCatalog>(AlarmSilo.Storage);
                await foreach (JournalCatalogEntry entry in catalog.ListAsync(new JournalCatalogListOptions { IncludeMetadata = true }, TestContext.Current.CancellationToken))
                    await silo.GetRequiredKeyedService<IJournalStorageProvider>(AlarmSilo.Storage).CreateStorage(entry.Id).GetMetadataAsync(TestContext.Current.CancellationToken);
            }
        }

        foreach (IAlarmGrain alarm in alarms)
            await RunAsync(alarm, names);
    }

    /// <summary>Waits until these have run; a job may run again after a crash.</summary>
    private protected static async Task RunAsync(IAlarmGrain alarm, IEnumerable<string> names, TimeSpan? within = null)
    {
        string[] expected = [.. names.Order(StringComparer.Ordinal)];
        using var patience = new CancellationTokenSource(within ?? TimeSpan.FromSeconds(90));
        string[] calls = [];
        Exception? last = null;
        while (!expected.SequenceEqual(calls))
        {
            if (patience.IsCancellationRequested)
                Assert.True(expected.SequenceEqual(calls), $"{alarm.GetGrainId()} ran {string.Join(',', calls)} of {expected.Length}. The last call failed with: {last}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
            try
            {
                calls = [.. (await alarm.GetCalls()).Distinct().Order(StringComparer.Ordinal)];
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                // The call was on its way to the silo that was killed.
                last = e;
            }
        }
    }

    private Task<WalCluster> StartAsync(short silos) => WalCluster.StartAsync(backend, silo: s => s.AlarmJobs(), silos: silos);
}

public sealed class LocalDurableJobTests() : DurableJobTests(new LocalBackend())
{
    [Fact]
    public async Task A_shard_that_opens_slowly_after_its_creation_runs_its_jobs()
    {
        using var directory = new TestDirectory();
        await using ILogStore store = await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = directory.Path });
        await using WalCluster cluster = await WalCluster.StartSharedAsync(
            store, silos: 1, wrap: static s => s.Id.Value.EndsWith("/durable", StringComparison.Ordinal) ? new SlowFirstReplay(s, TimeSpan.FromSeconds(1)) : s, silo: s => s.AlarmJobs());
        IAlarmGrain alarm = cluster.Client.GetGrain<IAlarmGrain>("a");
        await alarm.Schedule("a", TimeSpan.FromMilliseconds(10));
        await RunAsync(alarm, ["a"], TimeSpan.FromSeconds(30));
    }
}

public sealed class PostgresDurableJobTests(TestServer server) : DurableJobTests(new PostgresBackend(server));
