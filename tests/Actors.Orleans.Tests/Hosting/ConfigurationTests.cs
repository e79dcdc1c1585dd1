using Actors.Orleans.Hosting;
using Actors.Orleans.Tests.Grains;
using Actors.Wal;
using Actors.Wal.Backup;
using Actors.Wal.Local;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Journaling;
using Orleans.Storage;
using Orleans.TestingHost;

namespace Actors.Orleans.Tests.Hosting;

public sealed class ConfigurationTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Every_setting_binds_from_configuration()
    {
        WriteAheadLogOptions options = Bind(new()
        {
            ["Directory"] = "/somewhere",
            ["Sync"] = "00:00:00.010",
            ["SegmentBytes"] = "1048576",
            ["SegmentAge"] = "00:10:00",
            ["MaxBatchBytes"] = "262144",
            ["MaxRecordBytes"] = "65536",
            ["Codec"] = "Orleans",
            ["CheckpointEvents"] = "5",
            ["CheckpointBytes"] = "6",
            ["CheckpointSpread"] = "7",
            ["CheckpointAtDeactivation"] = "false",
            ["StorageStreams"] = "99",
            ["IdempotencyWindow"] = "12",
            ["IndexSnapshotBytes"] = "1000000",
            ["VerifyOnOpen"] = "true",
            ["MaxDeadShare"] = "0.25",
            ["CompactionBytesPerSecond"] = "2000000",
            ["CompressAfter"] = "7.00:00:00",
            ["QuotaBytes"] = "100000000",
            ["ArchiveDirectory"] = "/elsewhere",
            ["Retention"] = "90.00:00:00",
            ["StateRetention"] = "2 checkpoints",
            ["NamedRetention:audit"] = "All",
            ["NamedRetention:cache"] = "1 checkpoint",
            ["ProviderType"] = "WriteAheadLog",
        });
        Assert.Equal("/somewhere", options.Directory);
        Assert.Equal(SyncPolicy.Every(TimeSpan.FromMilliseconds(10)), options.Sync);
        Assert.Equal(1048576, options.SegmentBytes);
        Assert.Equal(TimeSpan.FromMinutes(10), options.SegmentAge);
        Assert.Equal(262144, options.MaxBatchBytes);
        Assert.Equal(65536, options.MaxRecordBytes);
        Assert.Equal(LogCodec.Orleans, options.Codec);
        Assert.Equal(5, options.CheckpointEvents);
        Assert.Equal(6, options.CheckpointBytes);
        Assert.Equal(7, options.CheckpointSpread);
        Assert.False(options.CheckpointAtDeactivation);
        Assert.Equal(99, options.StorageStreams);
        Assert.Equal(12, options.IdempotencyWindow);
        LocalLogStoreOptions local = options.ToLocal(TimeProvider.System);
        Assert.Equal(1_000_000, local.IndexSnapshotBytes);
        Assert.True(local.VerifyOnOpen);
        Assert.Equal(0.25, local.MaxDeadShare);
        Assert.Equal(TimeSpan.FromDays(7), local.CompressAfter);
        Assert.Equal(100_000_000, local.QuotaBytes);
        Assert.IsType<DirectoryArchive>(local.Archive);
        Assert.Equal(2_000_000, local.CompactionBytesPerSecond);
        Assert.Equal(Retention.For(TimeSpan.FromDays(90)), local.Retention);
        Assert.Equal(Retention.Newest(2), options.StreamOptionsOf("balance", options.StateRetention).Retention);
        Assert.Equal(Retention.All, options.StreamOptionsOf("audit", options.StateRetention).Retention);
        Assert.Equal(Retention.Last, options.StreamOptionsOf("cache", options.Retention).Retention);
        options.Validate("wal");
    }

    [Theory]
    [InlineData("Sync", "maybe", "'maybe' is no sync policy")]
    [InlineData("SegmentBytes", "big", "SegmentBytes")]
    [InlineData("SegmentByte", "1", "is no setting of a write-ahead log")]
    [InlineData("SegmentBytes", "1000", "SegmentBytes is 1000; it must be a multiple of 512")]
    [InlineData("MaxBatchBytes", "1000", "MaxBatchBytes is 1000")]
    [InlineData("MaxRecordBytes", "0", "MaxRecordBytes is 0")]
    [InlineData("CheckpointEvents", "0", "CheckpointEvents is 0; it must be at least 1")]
    [InlineData("IdempotencyWindow", "70000", "IdempotencyWindow is 70000; it must be 0 to 65535")]
    [InlineData("Retention", "30", "'30' is no retention; use All, '3 checkpoints'")]
    [InlineData("StateRetention", "0 checkpoints", "'0 checkpoints' is no retention")]
    [InlineData("NamedRetention:audit", "", "'' is no retention")]
    [InlineData("MaxDeadShare", "0", "MaxDeadShare is 0; it must be between 0.05 and 1")]
    [InlineData("Directory", " ", "Directory is missing")]
    public void A_wrong_setting_is_refused_with_what_is_allowed(string key, string value, string message)
    {
        OrleansConfigurationException error = Assert.Throws<OrleansConfigurationException>(
            () => Bind(new() { ["Directory"] = "/somewhere", [key] = value }).Validate("wal"));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_provider_comes_from_configuration_alone()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSiloHost((_, host) => host.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Orleans:GrainStorage:wal:ProviderType"] = "WriteAheadLog",
            ["Orleans:GrainStorage:wal:Directory"] = _directory.Path,
            ["Orleans:GrainStorage:wal:SegmentBytes"] = "16777216",
        }));
        await using WalCluster cluster = await WalCluster.StartAsync(builder);
        Assert.Equal(1, await cluster.Notebook("a").Write("1"));
        Assert.NotNull(cluster.Services.GetKeyedStorage("wal"));
        Assert.True(File.Exists(Path.Combine(_directory.Path, "MANIFEST")));
    }

    [Fact]
    public async Task Storage_journaling_and_reminders_come_from_configuration_alone()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSiloHost((_, host) => host.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Orleans:GrainStorage:wal:ProviderType"] = "WriteAheadLog",
            ["Orleans:GrainStorage:wal:Directory"] = _directory.Path,
            ["Orleans:GrainStorage:PubSubStore:ProviderType"] = "WriteAheadLog",
            ["Orleans:GrainStorage:PubSubStore:LogName"] = "wal",
            ["Orleans:Journaling:Default:ProviderType"] = "WriteAheadLog",
            ["Orleans:Journaling:Default:JournalFormatKey"] = "orleans-binary",
            ["Orleans:Journaling:jobs:ProviderType"] = "WriteAheadLog",
            ["Orleans:Journaling:jobs:LogName"] = "wal",
            ["Orleans:Reminders:ProviderType"] = "WriteAheadLog",
        }));
        builder.ConfigureSilo((_, s) => s.AddMemoryStreams("streams"));
        await using WalCluster cluster = await WalCluster.StartAsync(builder);
        await cluster.Client.GetGrain<ISubscriberGrain>("s").Subscribe();
        await cluster.Client.GetGrain<IPantryGrain>("p").Put("salt", 1);
        await cluster.Services.GetRequiredKeyedService<IJournalStorageProvider>("jobs").CreateStorage(new JournalId("job")).CreateIfNotExistsAsync(cancellationToken: TestContext.Current.CancellationToken);
        await cluster.Services.GetRequiredService<IReminderTable>().UpsertRow(new ReminderEntry { GrainId = GrainId.Create("a", "b"), ReminderName = "r", Period = TimeSpan.FromMinutes(1) });
        List<StreamInfo> streams = await cluster.Store.ListAsync(cancellationToken: TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
        foreach (string part in new[] { "pubsubrendezvous/", "pantry/p/durable", "job/durable", "$reminders/" })
            Assert.Contains(streams, s => s.Id.Value.Contains(part, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Journaling:jobs", "LogName", "none", "Journal storage 'jobs' is to be kept in write-ahead log 'none', and there is none of that name")]
    [InlineData("Reminders", "LogName", "none", "The reminder table is to be kept in write-ahead log 'none', and there is none of that name")]
    [InlineData("GrainStorage:PubSubStore", "LogName", "none", "Grain storage 'PubSubStore' is to be kept in write-ahead log 'none', and there is none of that name")]
    [InlineData("Journaling:jobs", "Directory", "/somewhere", "Orleans:Journaling:jobs:Directory is no setting of a provider that uses a write-ahead log")]
    [InlineData("Reminders", "Directory", "/somewhere", "Orleans:Reminders:Directory is no setting of a provider that uses a write-ahead log")]
    public async Task A_provider_on_a_log_with_a_wrong_setting_is_refused_at_start(string section, string key, string value, string message)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSiloHost((_, host) => host.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Orleans:GrainStorage:wal:ProviderType"] = "WriteAheadLog",
            ["Orleans:GrainStorage:wal:Directory"] = _directory.Path,
            [$"Orleans:{section}:ProviderType"] = "WriteAheadLog",
            [$"Orleans:{section}:{key}"] = value,
        }));
        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => WalCluster.StartAsync(builder));
        Assert.Contains(message, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_grain_log_without_its_provider_is_refused_at_start()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, s) => s.AddWriteAheadLog("other", o => o.UseLocal(_directory.Path)));
        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => WalCluster.StartAsync(builder));
        Assert.Contains("there is no write-ahead log named 'wal'; add it with AddWriteAheadLog", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_local_store_in_a_cluster_of_two_silos_is_refused_and_told_the_way()
    {
        using var second = new TestDirectory();
        var builder = new InProcessTestClusterBuilder(2);
        int silo = 0;
        builder.ConfigureSilo((_, s) => s.Configure<ClusterMembershipOptions>(o => o.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(1)).AddWriteAheadLog(o => o.UseLocal(Interlocked.Increment(ref silo) == 1 ? _directory.Path : second.Path)));
        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => WalCluster.StartAsync(builder));
        Assert.Contains("A local store serves a single silo. Keep the logs in PostgreSQL", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_with_a_new_address_starts_after_the_one_before_was_killed()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, s) => s.Configure<ClusterMembershipOptions>(o => o.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(1)).AddWriteAheadLog(o => o.UseLocal(_directory.Path)));
        await using InProcessTestCluster cluster = builder.Build();
        await cluster.DeployAsync();
        await cluster.Client.GetGrain<INotebookGrain>("n").Write("1");
        await cluster.KillSiloAsync(cluster.Silos[0]);
        await using InProcessSiloHandle next = await cluster.StartAdditionalSiloAsync();

        // Calls fail until the silo that was killed is declared dead.
        IGrainFactory grains = next.ServiceProvider.GetRequiredService<IGrainFactory>();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        string[] lines = [];
        while (lines.Length == 0)
        {
            try
            {
                lines = await grains.GetGrain<INotebookGrain>("n").Read();
            }
            catch (Exception e) when (e is OrleansException or TimeoutException && !patience.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }

        Assert.Equal(["1"], lines);
    }

    [Fact]
    public async Task A_directory_in_use_is_refused_and_names_the_holder()
    {
        await using LocalLogStore holder = await _directory.OpenAsync();
        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => WalCluster.StartAsync(_directory));
        Assert.Contains($"is in use by process {Environment.ProcessId}", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("Several silos need a shared store", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_log_keeps_the_silo_from_starting_and_names_the_place()
    {
        await using (WalCluster cluster = await WalCluster.StartAsync(_directory))
        {
            for (int i = 0; i < 20; i++)
                await cluster.Notebook("a").Write("x");
        }

        using (FileStream file = File.OpenWrite(_directory.Segments[0]))
        {
            file.Position = 2100;
            file.WriteByte(0xFF);
        }

        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => WalCluster.StartAsync(_directory));
        Assert.Contains("0000000001.wal", error.ToString(), StringComparison.Ordinal);
    }

    private static WriteAheadLogOptions Bind(Dictionary<string, string?> settings)
    {
        IConfigurationRoot configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.ToDictionary(s => "Orleans:GrainStorage:wal:" + s.Key, s => s.Value))
            .Build();
        var options = new WriteAheadLogOptions();
        WriteAheadLogProviderBuilder.Bind(options, configuration.GetSection("Orleans:GrainStorage:wal"));
        return options;
    }
}

internal static class StorageLookup
{
    public static IGrainStorage? GetKeyedStorage(this IServiceProvider services, string name)
        => Microsoft.Extensions.DependencyInjection.ServiceProviderKeyedServiceExtensions.GetKeyedService<IGrainStorage>(services, name);
}
