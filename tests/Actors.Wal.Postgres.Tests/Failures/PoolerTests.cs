using Actors.Wal.Postgres.Tests.Servers;
using Npgsql;

namespace Actors.Wal.Postgres.Tests.Failures;

/// <summary>PgBouncer between a store and its server.</summary>
public sealed class PoolerTests(TestServer server)
{
    /// <summary>The pooler says in words of its own, with a code of its own, that the server's session ended: once this was taken for a refusal.</summary>
    [Fact]
    public async Task Server_sessions_that_end_behind_a_pooler_lose_nothing_and_write_nothing_twice()
    {
        // Of its own: the sessions of all cases that run at the same time would end too.
        await using var own = new PostgresServer();
        await own.InitializeAsync();
        await using NpgsqlDataSource direct = NpgsqlDataSource.Create(own.ConnectionString);
        var load = new AppendLoad();
        await using PgBouncer pooler = await PgBouncer.StartAsync(own.ConnectionString, "session");
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(pooler.ConnectionString);
        await using (PostgresLogStore store = await PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = source }))
        {
            await load.RunAsync(store, async () =>
            {
                for (int i = 0; i < 15; i++)
                {
                    await PauseAsync(0.1);
                    if (i % 5 == 4)
                    {
                        await pooler.KillAsync();
                        await pooler.StartAsync();
                        continue;
                    }

                    await using NpgsqlCommand end = direct.CreateCommand("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
                    await end.ExecuteNonQueryAsync();
                }
            });
        }

        Assert.True(load.Doubtful.IsEmpty, load.Doubts);
        await load.VerifyAsync(direct);
    }

    /// <summary>An opening asks the server a few dozen times. Whichever answer is lost, it asks again.</summary>
    [Fact]
    public async Task An_opening_survives_the_loss_of_each_of_its_answers()
    {
        await using var schemas = new TestSchemas(server);
        PostgresLogStoreOptions options = schemas.New();
        await using PgBouncer pooler = await PgBouncer.StartAsync(server.ConnectionString, "session");
        var behind = new NpgsqlConnectionStringBuilder(pooler.ConnectionString);
        await using var proxy = new CuttingProxy(behind.Port);
        behind.Port = proxy.Port;
        int answer = 0;
        do
        {
            proxy.DropAnswer(++answer);
            await using NpgsqlDataSource source = NpgsqlDataSource.Create(behind.ConnectionString);
            await using PostgresLogStore store = await PostgresLogStore.OpenAsync(options with { DataSource = source });
            await using ILogStream stream = await store.OpenAsync(new LogStreamId("s"));
        }
        while (proxy.Dropped == answer);
        Assert.InRange(answer, 15, 200);
    }

    /// <summary>Stores are opened all the while, each with connections of its own.</summary>
    [Fact]
    public async Task A_store_opens_or_is_unreachable_while_the_pooler_and_the_server_crash_and_answers_are_dropped()
    {
        await using var own = new PostgresServer();
        await own.InitializeAsync();
        await using var proxy = new CuttingProxy(new NpgsqlConnectionStringBuilder(own.ConnectionString).Port);
        await using PgBouncer pooler = await PgBouncer.StartAsync(new NpgsqlConnectionStringBuilder(own.ConnectionString) { Port = proxy.Port }.ConnectionString, "session");
        using var stop = new CancellationTokenSource();
        int opened = 0;
        Task[] openings = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(OpenAsync))];
        for (int i = 0; i < 60; i++)
        {
            await PauseAsync(0.1);
            if (i % 5 is 1 or 3)
            {
                // What the pooler gets no answer to may be its own login.
                proxy.DropNextAnswer();
            }
            else if (i % 5 > 0)
            {
                continue;
            }
            else if (i % 20 == 15)
            {
                await own.CrashAsync();
                await PauseAsync(0.2);
                await own.StartAsync();
            }
            else
            {
                await pooler.KillAsync();
                await PauseAsync(0.1);
                await pooler.StartAsync();
            }
        }

        await stop.CancelAsync();
        await Task.WhenAll(openings);
        Assert.InRange(opened, 1, int.MaxValue);

        async Task OpenAsync()
        {
            while (!stop.IsCancellationRequested)
            {
                await using NpgsqlDataSource source = NpgsqlDataSource.Create(pooler.ConnectionString);
                try
                {
                    await using PostgresLogStore store = await PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = source, Patience = TimeSpan.FromSeconds(1) });
                    Interlocked.Increment(ref opened);
                }
                catch (StoreUnreachableException)
                {
                    // For longer than it waits.
                }
            }
        }
    }

    /// <summary>PgBouncer writes its error into an answer whose session ends in the middle. Nothing of that may be taken for data.</summary>
    [Fact]
    public async Task An_answer_that_ends_in_the_middle_is_never_taken_for_data()
    {
        await using var schemas = new TestSchemas(server);
        PostgresLogStoreOptions options = schemas.New();
        (int longest, int step) = (1600, 19); // less than an error is long
        byte[] state = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];
        await using (PostgresLogStore store = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken))
        {
            await using ILogStream stream = await store.OpenAsync(new LogStreamId("s"), cancellationToken: TestContext.Current.CancellationToken);
            await stream.AppendStateAsync(new EventData(state), cancellationToken: TestContext.Current.CancellationToken);
        }

        await using var proxy = new CuttingProxy(new NpgsqlConnectionStringBuilder(server.ConnectionString).Port);
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Port = proxy.Port }.ConnectionString);
        using PostgresLogReader reader = await PostgresLogReader.OpenAsync(options with { DataSource = source }, TestContext.Current.CancellationToken);
        int garbled = 0;
        foreach (Func<Task> read in (Func<Task>[])[FindAsync, ReplayAsync])
        {
            for (int through = 0; through < longest; through += step)
            {
                source.Clear();
                await using (NpgsqlCommand warm = source.CreateCommand("SELECT 1"))
                    await warm.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
                proxy.GarbleNextAnswer(through);
                await read();
                garbled += proxy.Garbled ? 1 : 0;
            }
        }

        Assert.InRange(garbled, 20, int.MaxValue);

        async Task FindAsync() => Assert.Equal(new StreamInfo(new LogStreamId("s"), new Sequence(1), new Sequence(1), new Sequence(1)), await reader.FindAsync(new LogStreamId("s"), TestContext.Current.CancellationToken));

        async Task ReplayAsync() => Assert.Equal(state, (await reader.ReplayAsync(new LogStreamId("s"), TestContext.Current.CancellationToken).SingleAsync(TestContext.Current.CancellationToken)).Payload.ToArray());
    }

    [Theory]
    [InlineData("transaction")]
    [InlineData("statement")]
    public async Task A_pooler_that_shares_sessions_is_refused(string poolMode)
    {
        await using var schemas = new TestSchemas(server);
        await using PgBouncer pooler = await PgBouncer.StartAsync(server.ConnectionString, poolMode);
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(pooler.ConnectionString);
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => PostgresLogStore.OpenAsync(schemas.New() with { DataSource = source }));
        Assert.Contains("pool_mode = session", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Multiplexing_is_refused()
    {
        await using var schemas = new TestSchemas(server);
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Multiplexing = true });
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => PostgresLogStore.OpenAsync(schemas.New() with { DataSource = source }));
        Assert.Contains("Multiplexing=false", error.Message, StringComparison.Ordinal);
    }

    private static Task PauseAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
}
