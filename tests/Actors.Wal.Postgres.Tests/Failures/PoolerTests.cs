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
