using Actors.Hosting.Tests.Grains;
using Actors.Orleans;
using Actors.Wal;
using Actors.Wal.Local;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Orleans.TestingHost;

namespace Actors.Hosting.Tests;

/// <summary>What the health checks say about the logs of a silo.</summary>
public sealed class HealthCheckTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly TestDirectory _other = new();
    private ChangedStatistics? _store;

    public void Dispose()
    {
        _directory.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task Each_log_of_a_running_silo_has_a_healthy_check_with_its_name_and_data()
    {
        await using InProcessTestCluster cluster = await StartAsync();
        await cluster.Client.GetGrain<ICounterGrain>("c").Add(1);
        HealthReport report = await CheckAsync(cluster);
        Assert.Equal(HealthStatus.Healthy, report.Status);
        Assert.Equal(["other", "started", "wal"], report.Entries.Keys.Order());
        Assert.Equal(["live", "ready"], report.Entries["wal"].Tags.Order());
        Assert.Equal(["ready"], report.Entries["started"].Tags);
        Assert.Equal((1L, 1L), (report.Entries["wal"].Data["streams"], report.Entries["wal"].Data["durableLsn"]));
        Assert.Equal(0L, report.Entries["other"].Data["streams"]);
        Assert.Equal(0, report.Entries["wal"].Data["damagedSegments"]);
    }

    [Fact]
    public async Task Before_its_silo_runs_a_log_is_unhealthy()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddHealthChecks().AddWriteAheadLog().AddSiloStarted();
        builder.UseOrleans(silo => silo.UseLocalhostClustering().AddWriteAheadLog(o => o.UseLocal(_directory.Path)));
        using IHost host = builder.Build();
        HealthReport report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Equal((HealthStatus.Unhealthy, HealthStatus.Unhealthy), (report.Entries["wal"].Status, report.Entries["started"].Status));
        Assert.Equal("The store of write-ahead log 'wal' is open only while its silo runs.", report.Entries["wal"].Description);
    }

    [Fact]
    public async Task What_an_operator_should_see_to_is_degraded_and_a_failed_store_is_unhealthy()
    {
        await using InProcessTestCluster cluster = await StartAsync();
        await AssertAsync(cluster, s => s with { Full = new StoreFullException("No room for a segment.") }, "No room for a segment.");
        await AssertAsync(cluster, s => s with { QuotaBytes = 100, FileBytes = 80 }, "The store takes 80 bytes of its quota of 100,");
        await AssertAsync(cluster, s => s with { ArchiveFailure = new IOException("Read-only.") }, "The archive does not take segments, and compaction waits: Read-only.");
        await AssertAsync(cluster, s => s with { CompactionFailure = new IOException("Gone.") }, "Compaction failed, and the log takes more room than it needs: Gone.");
        await AssertAsync(cluster, s => s with { ClockAhead = TimeSpan.FromDays(2) }, "The machine's clock has jumped forward, and is 2.00:00:00 ahead");
        await AssertAsync(cluster, s => s with { ArchiveFailure = new IOException("Read-only."), CompactionFailure = new IOException("Gone.") }, "than it needs: Gone.");
        _store!.Change = s => s with { QuotaBytes = 100, FileBytes = 79 };
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(cluster)).Status);
        _store.Change = s => s with { Failure = new IOException("Broken.") };
        HealthReportEntry failed = (await CheckAsync(cluster)).Entries["wal"];
        Assert.Equal((HealthStatus.Unhealthy, "The store failed and accepts nothing until the silo is started again: Broken."), (failed.Status, failed.Description));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(cluster)).Entries["other"].Status);
    }

    [Fact]
    public async Task A_quarantined_stream_is_degraded_until_its_grain_is_activated()
    {
        await using InProcessTestCluster cluster = await StartAsync();
        await Assert.ThrowsAsync<GrainLogApplyException>(() => cluster.Client.GetGrain<ICounterGrain>("c").Add(-1));

        // A call that comes while the failed activation ends is refused by it, and only a later one begins the activation that can't replay.
        Exception error;
        do
            error = await Assert.ThrowsAnyAsync<Exception>(() => cluster.Client.GetGrain<ICounterGrain>("c").Add(1));
        while (error is InvalidOperationException && error.Message.Contains("this activation is ending", StringComparison.Ordinal));
        HealthReportEntry entry = (await CheckAsync(cluster)).Entries["wal"];
        Assert.Equal((HealthStatus.Degraded, 1), (entry.Status, entry.Data["quarantinedStreams"]));
        Assert.Contains("'counter/c/counter'", entry.Description, StringComparison.Ordinal);
        await cluster.Silos[0].ServiceProvider.SkipEventAsync("counter/c/counter", 1, "a mistake");
        Assert.Equal(1, await cluster.Client.GetGrain<ICounterGrain>("c").Add(1));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(cluster)).Entries["wal"].Status);
    }

    [Fact]
    public async Task Flushes_slower_than_the_threshold_are_degraded_once_there_are_a_hundred()
    {
        await using InProcessTestCluster cluster = await StartAsync(o => o.FlushP99 = TimeSpan.FromTicks(1));
        for (int i = 0; i < 50; i++)
            await cluster.Client.GetGrain<ICounterGrain>("c").Add(1);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(cluster)).Status);
        for (int i = 0; i < 100; i++)
            await cluster.Client.GetGrain<ICounterGrain>("c").Add(1);
        HealthReportEntry slow = (await CheckAsync(cluster)).Entries["wal"];
        Assert.Equal(HealthStatus.Degraded, slow.Status);
        Assert.StartsWith("Of the flushes of the last minute one in a hundred takes ", slow.Description, StringComparison.Ordinal);
        Assert.True((double)slow.Data["flushP99Ms"] > 0);
    }

    [Fact]
    public async Task The_status_of_a_log_counts_what_its_grains_did()
    {
        await using InProcessTestCluster cluster = await StartAsync();
        await cluster.Client.GetGrain<ICounterGrain>("c").Add(1);
        WriteAheadLogStatus status = cluster.Silos[0].ServiceProvider.GetWriteAheadLogStatus();
        Assert.Equal((1, 1, 1), (status.Streams, status.Frames, status.DurableLsn));
        Assert.InRange(status.Checkpoints, 0, long.MaxValue);
        Assert.Null(status.Failure);
        Assert.Equal(0, cluster.Silos[0].ServiceProvider.GetWriteAheadLogStatus("other").Frames);
        Assert.False(cluster.Silos[0].ServiceProvider.GetWriteAheadLogStatus("other").Recovery!.CleanClose);
    }

    [Theory]
    [InlineData(0, 1, "QuotaShare of the health checks is 0; it must be above 0 and at most 1.")]
    [InlineData(1.5, 1, "QuotaShare of the health checks is 1.5; it must be above 0 and at most 1.")]
    [InlineData(1, 0, "FlushP99 of the health checks is 00:00:00; it must be above zero.")]
    public void A_threshold_out_of_range_is_refused(double share, int seconds, string message)
    {
        var error = Assert.Throws<OrleansConfigurationException>(() => new ServiceCollection().AddHealthChecks().AddWriteAheadLog(o =>
        {
            o.QuotaShare = share;
            o.FlushP99 = TimeSpan.FromSeconds(seconds);
        }));
        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void Checks_without_a_log_are_refused()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddHealthChecks().AddWriteAheadLog();
        using IHost host = builder.Build();
        var error = Assert.Throws<OrleansConfigurationException>(() => host.Services.GetRequiredService<HealthCheckService>());
        Assert.Contains("has no write-ahead log to check", error.Message, StringComparison.Ordinal);
    }

    private async Task AssertAsync(InProcessTestCluster cluster, Func<LocalStoreStatistics, LocalStoreStatistics> change, string description)
    {
        _store!.Change = change;
        HealthReportEntry entry = (await CheckAsync(cluster)).Entries["wal"];
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Contains(description, entry.Description, StringComparison.Ordinal);
    }

    private static Task<HealthReport> CheckAsync(InProcessTestCluster cluster)
        => cluster.Silos[0].ServiceProvider.GetRequiredService<HealthCheckService>().CheckHealthAsync();

    private async Task<InProcessTestCluster> StartAsync(Action<WriteAheadLogHealthOptions>? configure = null)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddHealthChecks().AddWriteAheadLog(configure ?? (o => o.FlushP99 = TimeSpan.FromHours(1))).AddSiloStarted();
            silo.AddWriteAheadLog(o => o.UseStore(async (_, _) => _store = new ChangedStatistics(await _directory.OpenAsync())));
            silo.AddWriteAheadLog("other", o => o.UseLocal(_other.Path));
        });
        InProcessTestCluster cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }
}
