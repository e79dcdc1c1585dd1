using Actors.Wal.Postgres.Tests.Servers;
using Npgsql;

namespace Actors.Wal.Postgres.Tests.Failures;

/// <summary>A server and connections that fail under load: what was acknowledged is there once, and nothing is there twice.</summary>
public sealed class FailureTests : IAsyncLifetime
{
    private readonly PostgresServer _server = new();
    private readonly AppendLoad _load = new();

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("immediate")]
    [InlineData("fast")]
    public async Task A_server_that_stops_and_comes_back_loses_nothing_that_was_acknowledged(string mode)
    {
        await using NpgsqlDataSource source = Source(_server.ConnectionString);
        await using (PostgresLogStore store = await OpenAsync(source))
        {
            await _load.RunAsync(store, async () =>
            {
                for (int i = 0; i < 3; i++)
                {
                    await PauseAsync(0.3);
                    await _server.CrashAsync(mode);
                    await PauseAsync(0.2);
                    await _server.StartAsync();
                }

                await PauseAsync(0.5);
            });
        }

        await _load.VerifyAsync(source);
    }

    [Fact]
    public async Task Sessions_that_are_killed_lose_nothing_and_write_nothing_twice()
    {
        await using NpgsqlDataSource source = Source(_server.ConnectionString);
        await using (PostgresLogStore store = await OpenAsync(source))
        {
            await _load.RunAsync(store, async () =>
            {
                for (int i = 0; i < 15; i++)
                {
                    await PauseAsync(0.1);
                    await using NpgsqlCommand kill = source.CreateCommand("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
                    await kill.ExecuteNonQueryAsync();
                }
            });
        }

        Assert.True(_load.Doubtful.IsEmpty, _load.Doubts);
        await _load.VerifyAsync(source);
    }

    [Fact]
    public async Task An_answer_that_is_lost_is_asked_for_again()
    {
        await using var proxy = new CuttingProxy(new NpgsqlConnectionStringBuilder(_server.ConnectionString).Port);
        await using NpgsqlDataSource source = Source(_server.ConnectionString, proxy.Port);
        await using (PostgresLogStore store = await OpenAsync(source))
        {
            await _load.RunAsync(store, async () =>
            {
                for (int i = 0; i < 20; i++)
                {
                    await PauseAsync(0.08);
                    proxy.DropNextAnswer();
                    if (i % 5 == 4)
                        proxy.CutAll();
                }
            });
        }

        Assert.True(proxy.Dropped > 5);
        Assert.True(_load.Doubtful.IsEmpty, _load.Doubts);
        await _load.VerifyAsync(source);
    }

    /// <summary>A connection that was lost while the statement was prepared left its parameters to nobody: no append could be sent any more.</summary>
    [Fact]
    public async Task An_append_succeeds_whichever_server_answer_is_lost()
    {
        await using var proxy = new CuttingProxy(new NpgsqlConnectionStringBuilder(_server.ConnectionString).Port);
        int appends = 0;
        for (int answer = 1; proxy.Dropped == answer - 1; answer++)
        {
            // Its connections are its own: each time the first statements are prepared anew.
            await using NpgsqlDataSource source = Source(_server.ConnectionString, proxy.Port);
            await using PostgresLogStore store = await OpenAsync(source, TimeSpan.FromSeconds(10));
            await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
            await using ILogStream other = await store.OpenAsync(new LogStreamId("b"));
            proxy.DropAnswer(answer);
            Assert.Equal(++appends, (await stream.AppendAsync(AppendLoad.Event("a", appends))).Last.Value);
            AppendResult[] both = await Task.WhenAll(other.AppendAsync(AppendLoad.Event("b", appends)).AsTask(), stream.AppendAsync(AppendLoad.Event("a", ++appends)).AsTask());
            Assert.Equal([answer, appends], both.Select(r => (int)r.Last.Value));
        }

        Assert.InRange(proxy.Dropped, 4, 20);
    }

    [Fact]
    public async Task A_server_that_stays_away_makes_outcomes_unknown_or_rejects_and_appends_go_on_when_it_is_back()
    {
        await using var proxy = new CuttingProxy(new NpgsqlConnectionStringBuilder(_server.ConnectionString).Port);
        await using NpgsqlDataSource source = Source(_server.ConnectionString, proxy.Port);
        await using PostgresLogStore store = await OpenAsync(source, TimeSpan.FromSeconds(1));
        ILogStream sent = await store.OpenAsync(new LogStreamId("sent"));
        ILogStream unsent = await store.OpenAsync(new LogStreamId("unsent"));

        // Both forms of the statement are prepared then: the answer that is dropped is that of an append.
        await sent.AppendAsync(AppendLoad.Event("sent", 1));
        await sent.AppendAsync(AppendLoad.Event("sent", 2));
        proxy.Refuses = true;
        proxy.DropNextAnswer();
        await Assert.ThrowsAsync<AppendOutcomeUnknownException>(() => sent.AppendAsync(AppendLoad.Event("sent", 3)).AsTask());
        await Assert.ThrowsAsync<AppendRejectedException>(() => unsent.AppendAsync(AppendLoad.Event("unsent", 1)).AsTask());
        await Assert.ThrowsAsync<FencedException>(() => sent.AppendAsync(AppendLoad.Event("sent", 3)).AsTask());
        proxy.CutAll();
        await Assert.ThrowsAsync<StoreUnreachableException>(() => store.OpenAsync(new LogStreamId("other")).AsTask());
        proxy.Refuses = false;
        Assert.Equal(1, (await unsent.AppendAsync(AppendLoad.Event("unsent", 1))).Last.Value);
        await using ILogStream again = await store.OpenAsync(new LogStreamId("sent"));
        Assert.Equal(3, again.Head.Value);
    }

    [Fact]
    public async Task A_server_that_only_reads_is_waited_for()
    {
        await using NpgsqlDataSource source = Source(_server.ConnectionString);
        await using PostgresLogStore store = await OpenAsync(source, TimeSpan.FromSeconds(1));
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        await ReadOnlyAsync(source, "on");
        AppendRejectedException error = await Assert.ThrowsAsync<AppendRejectedException>(() => stream.AppendAsync(AppendLoad.Event("a", 1)).AsTask());
        Assert.Contains("read-only", error.Message, StringComparison.Ordinal);
        await ReadOnlyAsync(source, "off");
        Assert.Equal(1, (await stream.AppendAsync(AppendLoad.Event("a", 1))).Last.Value);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told_at_the_opening()
    {
        await using NpgsqlDataSource source = Source("Host=127.0.0.1;Port=1;Username=postgres;Timeout=2", 1);
        StoreUnreachableException error = await Assert.ThrowsAsync<StoreUnreachableException>(() => OpenAsync(source, TimeSpan.FromSeconds(1)));
        Assert.Contains("127.0.0.1:1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_comes_up_later_is_waited_for_at_the_opening()
    {
        await _server.CrashAsync();
        await using NpgsqlDataSource source = Source(_server.ConnectionString);
        Task<PostgresLogStore> opening = OpenAsync(source);
        await PauseAsync(0.5);
        Assert.False(opening.IsCompleted);
        await _server.StartAsync();
        await using PostgresLogStore store = await opening;
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        Assert.Equal(1, (await stream.AppendAsync(AppendLoad.Event("a", 1))).Last.Value);
    }

    [Fact]
    public async Task A_server_that_does_not_flush_is_refused()
    {
        await _server.CrashAsync();
        await _server.StartAsync("-c fsync=off");
        await using NpgsqlDataSource source = Source(_server.ConnectionString);
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => OpenAsync(source));
        Assert.Contains("fsync switched off", error.Message, StringComparison.Ordinal);
    }

    private static NpgsqlDataSource Source(string connectionString, int? port = null)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        builder.Port = port ?? builder.Port;
        return NpgsqlDataSource.Create(builder);
    }

    private static Task<PostgresLogStore> OpenAsync(NpgsqlDataSource source, TimeSpan? patience = null)
        => PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = source, Patience = patience ?? TimeSpan.FromSeconds(30) });

    private static async Task ReadOnlyAsync(NpgsqlDataSource source, string setting)
    {
        await source.ConfigureServerAsync("default_transaction_read_only", setting);
        while (true)
        {
            await using NpgsqlCommand show = source.CreateCommand("SHOW default_transaction_read_only");
            if ((string)(await show.ExecuteScalarAsync())! == setting)
                return;
        }
    }

    private static Task PauseAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
}
