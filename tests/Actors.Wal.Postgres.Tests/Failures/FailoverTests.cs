using System.Globalization;
using Actors.Wal.Postgres.Tests.Servers;
using Npgsql;

namespace Actors.Wal.Postgres.Tests.Failures;

/// <summary>Two servers, of which one confirms what the other commits.</summary>
public sealed class FailoverTests : IAsyncLifetime
{
    private const string Name = "standby";

    private readonly PostgresServer _primary = new();
    private readonly PostgresServer _standby = new();
    private readonly AppendLoad _load = new();

    public async ValueTask InitializeAsync()
    {
        await _primary.InitializeAsync();
        await _standby.FollowAsync(_primary, Name);
        await SetAsync(_primary, "synchronous_standby_names", Name);
    }

    public async ValueTask DisposeAsync()
    {
        await _primary.DisposeAsync();
        await _standby.DisposeAsync();
    }

    [Fact]
    public async Task Failing_over_to_a_synchronous_standby_loses_nothing_that_was_acknowledged_and_appends_go_on()
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(BothServers());
        await using (PostgresLogStore store = await PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = source, Patience = TimeSpan.FromMinutes(1) }))
        {
            await _load.RunAsync(store, async () =>
            {
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
                await _primary.CrashAsync();
                await _standby.PromoteAsync();
                await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
            });
        }

        Assert.Empty(_load.Doubtful);
        await using NpgsqlDataSource promoted = NpgsqlDataSource.Create(_standby.ConnectionString);
        await _load.VerifyAsync(promoted);
        await _primary.StartAsync();
    }

    [Fact]
    public async Task After_a_failover_that_lost_what_was_acknowledged_its_owner_is_refused_instead_of_leaving_a_gap()
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(BothServers());
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = source, Patience = TimeSpan.FromMinutes(1) });
        ILogStream[] streams = [await store.OpenAsync(new LogStreamId("kept")), await store.OpenAsync(new LogStreamId("lost")), await store.OpenAsync(new LogStreamId("lost too"))];
        foreach (ILogStream stream in streams)
            await stream.AppendAsync(AppendLoad.Event("failover", 1));

        // The standby gets no more of the log, and no commit waits for it: docs/how-to/postgres.md warns of such a configuration.
        await SetAsync(_primary, "synchronous_standby_names", "");
        await SetAsync(_standby, "primary_conninfo", "");
        await WaitUntilAloneAsync();
        foreach (ILogStream stream in streams[1..])
            await stream.AppendAsync(AppendLoad.Event("failover", 2));
        await _primary.CrashAsync();
        await _standby.PromoteAsync();
        Task<AppendResult>[] appends = [.. streams[..2].Select(s => s.AppendAsync(AppendLoad.Event("failover", 3)).AsTask())];
        Assert.Equal(2, (await appends[0]).Last.Value);
        await Assert.ThrowsAsync<FencedException>(() => appends[1]);

        // An owner that does not append is told too.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!streams[2].OwnershipLost.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
        Assert.False(await streams[2].ConfirmOwnershipAsync());
        Assert.True(await streams[0].ConfirmOwnershipAsync());
        await using ILogStream again = await store.OpenAsync(streams[1].Id);
        Assert.Equal(1, again.Head.Value);
        await _primary.StartAsync();
    }

    /// <summary>A statement that is cancelled, as by its timeout, waits for the standby no longer, and the server says that it is done.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_is_acknowledged_that_the_synchronous_standby_has_not_confirmed(bool comesBack)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_primary.ConnectionString) { CommandTimeout = 1 });
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = source, Patience = TimeSpan.FromSeconds(comesBack ? 60 : 4) });
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        await stream.AppendAsync(AppendLoad.Event("a", 1));
        await _standby.CrashAsync();
        Task<AppendResult> append = stream.AppendAsync(AppendLoad.Event("a", 2)).AsTask();
        if (!comesBack)
        {
            await Assert.ThrowsAsync<AppendOutcomeUnknownException>(() => append);
            await _standby.StartAsync();
            return;
        }

        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
        Assert.False(append.IsCompleted);
        await _standby.StartAsync();
        Assert.Equal(2, (await append).Last.Value);
        Assert.Equal(3, (await stream.AppendAsync(AppendLoad.Event("a", 3))).Last.Value);
    }

    private static async Task SetAsync(PostgresServer server, string setting, string value)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(server.ConnectionString);
        await source.ConfigureServerAsync(setting, value);
    }

    private async Task WaitUntilAloneAsync()
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(_primary.ConnectionString);
        await using NpgsqlCommand count = source.CreateCommand("SELECT count(*) FROM pg_stat_replication");
        while (await count.ExecuteScalarAsync() is not 0L)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
    }

    /// <summary>As an operator names them: whichever can be written to.</summary>
    private string BothServers()
    {
        int standby = new NpgsqlConnectionStringBuilder(_standby.ConnectionString).Port;
        var both = new NpgsqlConnectionStringBuilder(_primary.ConnectionString);
        both.Host = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{both.Port},127.0.0.1:{standby}");
        both.TargetSessionAttributes = "read-write";
        both.HostRecheckSeconds = 1;
        return both.ConnectionString;
    }
}
