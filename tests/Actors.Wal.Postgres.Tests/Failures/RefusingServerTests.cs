using Actors.Wal.Postgres.Tests.Servers;
using Npgsql;

namespace Actors.Wal.Postgres.Tests.Failures;

/// <summary>Servers on which the user may not do everything, tables were changed, or statements end early: each is told with what to do.</summary>
public sealed class RefusingServerTests(TestServer server) : IAsyncLifetime
{
    private readonly TestSchemas _schemas = new(server);
    private readonly string _role = $"limited_{Guid.NewGuid():N}";

    public async ValueTask InitializeAsync() => await _schemas.ExecuteAsync($"CREATE ROLE {_role} LOGIN");

    public async ValueTask DisposeAsync()
    {
        await _schemas.ExecuteAsync($"DROP OWNED BY {_role} CASCADE; DROP ROLE {_role}");
        await _schemas.DisposeAsync();
    }

    [Theory]
    [InlineData("INSERT ON {0}.event", "no INSERT right on table \"{0}\".event. Let the owner of the table grant it: GRANT SELECT, INSERT, DELETE ON \"{0}\".event TO")]
    [InlineData("DELETE ON {0}.spent_fence", "no DELETE right on table \"{0}\".spent_fence.")]
    [InlineData("SELECT ON {0}.store", "no SELECT right on table \"{0}\".store.")]
    [InlineData("ALL ON {0}.migration", "can't be opened: 42501: permission denied for table migration. Give the user")]
    [InlineData("USAGE ON SCHEMA {0}", "can't be opened: 42501: permission denied for schema {0}")]
    public async Task A_missing_right_is_told_when_the_store_opens(string right, string message)
    {
        PostgresLogStoreOptions options = await LimitedAsync();
        await using NpgsqlDataSource source = options.DataSource;
        await _schemas.ExecuteAsync($"REVOKE {string.Format(null, right, options.Schema)} FROM {_role}");
        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken));
        Assert.True(error is InvalidOperationException or StoreUnreachableException, error.ToString());
        Assert.Contains(string.Format(null, message, options.Schema), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_with_the_rights_that_are_asked_for_can_do_everything()
    {
        PostgresLogStoreOptions options = await LimitedAsync();
        await using NpgsqlDataSource source = options.DataSource;
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken);
        await using (ILogStream stream = await store.OpenAsync(new LogStreamId("a")))
        {
            await stream.AppendAsync(Payloads.Of(1));
            await stream.CheckpointAsync(stream.Head, Payloads.Of(1));
            await stream.DeleteAsync();
        }

        await (await store.OpenAsync(new LogStreamId("b"))).DisposeAsync();
        for (int i = 0; i < 3; i++)
        {
            await store.TrimAsync(TestContext.Current.CancellationToken);
            await _schemas.ExecuteAsync($"UPDATE {options.Schema}.event SET recorded_at = recorded_at - interval '1 hour'; UPDATE {options.Schema}.trim SET since = since - interval '1 hour'; UPDATE {options.Schema}.spent_fence SET since = since - interval '1 hour'");
        }

        Assert.Equal(0L, await _schemas.ScalarAsync<long>($"SELECT count(*) FROM {options.Schema}.stream"));
    }

    /// <summary>A failover must not keep silos out whose user can't change the tables.</summary>
    [Fact]
    public async Task Another_timeline_is_left_to_the_owner_of_the_tables()
    {
        PostgresLogStoreOptions options = await LimitedAsync();
        await using NpgsqlDataSource source = options.DataSource;
        string place = await _schemas.ScalarAsync<string>($"SELECT place FROM {options.Schema}.store");
        Assert.EndsWith("/00000001", place, StringComparison.Ordinal);
        await _schemas.ExecuteAsync($"UPDATE {options.Schema}.store SET place = left(place, -1) || '0'");
        await (await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken)).DisposeAsync();
        Assert.Equal(0L, await _schemas.ScalarAsync<long>($"SELECT count(*) FROM {options.Schema}.taken_back"));
        await (await PostgresLogStore.OpenAsync(options with { DataSource = _schemas.Source }, TestContext.Current.CancellationToken)).DisposeAsync();
        Assert.Equal(1L, await _schemas.ScalarAsync<long>($"SELECT count(*) FROM {options.Schema}.taken_back"));
        Assert.Equal(place, await _schemas.ScalarAsync<string>($"SELECT place FROM {options.Schema}.store"));
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken);
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        AppendResult added = await stream.AppendAsync(Payloads.Of(1));
        Assert.Equal([added.LastLsn], await store.SubscribeAsync(Lsn.Zero).Take(1).Select(r => r.Lsn).ToListAsync());
    }

    [Fact]
    public async Task A_right_that_is_taken_away_rejects_appends_and_openings_at_once_and_ends_followers()
    {
        PostgresLogStoreOptions options = await LimitedAsync();
        await using NpgsqlDataSource source = options.DataSource;
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken);
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        await stream.AppendAsync(Payloads.Of(1));
        await _schemas.ExecuteAsync($"REVOKE ALL ON {options.Schema}.event FROM {_role}");
        const string Advice = "42501: permission denied for table event. Give the user of the connection string the rights";
        long begun = TimeProvider.System.GetTimestamp();
        Assert.Contains(Advice, (await Assert.ThrowsAsync<AppendRejectedException>(() => stream.AppendAsync(Payloads.Of(2)).AsTask())).Message, StringComparison.Ordinal);
        Assert.Contains(Advice, (await Assert.ThrowsAsync<StoreUnreachableException>(() => store.OpenAsync(new LogStreamId("b")).AsTask())).Message, StringComparison.Ordinal);
        Assert.Contains(Advice, (await Assert.ThrowsAsync<StoreUnreachableException>(() => store.SubscribeAsync(Lsn.Zero).ToListAsync().AsTask())).Message, StringComparison.Ordinal);
        Assert.Contains(Advice, (await Assert.ThrowsAsync<StoreUnreachableException>(() => store.FindAsync(new LogStreamId("a")).AsTask())).Message, StringComparison.Ordinal);
        Assert.True(TimeProvider.System.GetElapsedTime(begun) < options.Patience);
        await _schemas.ExecuteAsync($"GRANT ALL ON {options.Schema}.event TO {_role}");
        Assert.Equal(2, (await stream.AppendAsync(Payloads.Of(2))).Last.Value);
    }

    [Theory]
    [InlineData("payload")]
    [InlineData("owner")]
    public async Task A_dropped_column_rejects_appends_and_is_named_when_the_store_opens(string column)
    {
        PostgresLogStoreOptions options = _schemas.New();
        await using (PostgresLogStore store = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken))
        {
            await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
            await stream.AppendAsync(Payloads.Of(1));
            await _schemas.ExecuteAsync($"ALTER TABLE {options.Schema}.event DROP COLUMN {column}");
            AppendRejectedException rejected = await Assert.ThrowsAsync<AppendRejectedException>(() => stream.AppendAsync(Payloads.Of(2)).AsTask());
            Assert.Contains($"42703: column \"{column}\" of relation \"event\" does not exist", rejected.Message, StringComparison.Ordinal);
            Assert.Contains("The tables are not as this release made them; restore the schema from a backup. Nothing was written.", rejected.Message, StringComparison.Ordinal);
        }

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken));
        Assert.Equal($"Table \"{options.Schema}\".event has no column {column}: it is not as this release made it. Restore the schema from a backup.", error.Message);
    }

    [Fact]
    public async Task A_user_that_the_server_does_not_know_is_told_when_the_store_opens()
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Username = "unknown" });
        StoreUnreachableException error = await Assert.ThrowsAsync<StoreUnreachableException>(() => PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = source }, TestContext.Current.CancellationToken));
        Assert.Equal("The store in schema 'actors' can't be opened: 28000: role \"unknown\" does not exist. Check the connection string.", error.Message);
    }

    /// <summary>The statements that insert have a timeout of their own. An index that takes longer is built all the same.</summary>
    [Fact]
    public async Task A_short_statement_timeout_of_the_user_stops_neither_appends_nor_an_upgrade()
    {
        PostgresLogStoreOptions options = await LimitedAsync();
        await using NpgsqlDataSource source = options.DataSource;
        await using (PostgresLogStore store = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken))
        {
            await _schemas.ExecuteAsync($"ALTER ROLE {_role} SET statement_timeout = '300ms'");
            source.Clear();
            await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
            await using (NpgsqlConnection holder = await _schemas.Source.OpenConnectionAsync(TestContext.Current.CancellationToken))
            {
                await using NpgsqlTransaction holding = await holder.BeginTransactionAsync(TestContext.Current.CancellationToken);
                await using (var hold = new NpgsqlCommand($"LOCK TABLE {options.Schema}.event IN ACCESS EXCLUSIVE MODE", holder))
                    await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
                Task<AppendResult> append = stream.AppendAsync(Payloads.Of(1)).AsTask();
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
                await holding.CommitAsync(TestContext.Current.CancellationToken);
                Assert.Equal(1, (await append).Last.Value);
            }
        }

        await _schemas.ExecuteAsync($"DELETE FROM {options.Schema}.migration WHERE version = 4; DROP TABLE {options.Schema}.taken_back; ALTER TABLE {options.Schema}.store DROP COLUMN place");
        await _schemas.ExecuteAsync($"GRANT ALL ON SCHEMA {options.Schema} TO {_role}; ALTER TABLE {options.Schema}.store OWNER TO {_role}; ALTER TABLE {options.Schema}.event OWNER TO {_role}; GRANT ALL ON {options.Schema}.migration TO {_role}");
        await using NpgsqlConnection migrating = await _schemas.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using NpgsqlTransaction lockHolder = await migrating.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var hold = new NpgsqlCommand($"SELECT pg_advisory_xact_lock({Wal.Postgres.Schema.AdvisoryLocks.Migration})", migrating))
            await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        Task<PostgresLogStore> opening = PostgresLogStore.OpenAsync(options with { Patience = TimeSpan.FromSeconds(1) }, TestContext.Current.CancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.False(opening.IsCompleted);
        await lockHolder.CommitAsync(TestContext.Current.CancellationToken);
        await (await opening).DisposeAsync();
        Assert.Equal(4, await _schemas.ScalarAsync<int>($"SELECT max(version) FROM {options.Schema}.migration"));
    }

    /// <summary>Makes a store, for a user who has the rights on its tables that the store asks for, and does not own them.</summary>
    private async Task<PostgresLogStoreOptions> LimitedAsync()
    {
        PostgresLogStoreOptions options = _schemas.New();
        await (await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken)).DisposeAsync();
        await _schemas.ExecuteAsync($"""
            GRANT USAGE ON SCHEMA {options.Schema} TO {_role};
            GRANT SELECT, INSERT, UPDATE, DELETE ON {options.Schema}.stream, {options.Schema}.trim, {options.Schema}.spent_fence TO {_role};
            GRANT SELECT, INSERT, DELETE ON {options.Schema}.event TO {_role};
            GRANT SELECT, UPDATE ON {options.Schema}.store TO {_role};
            GRANT SELECT ON {options.Schema}.migration, {options.Schema}.taken_back TO {_role};
            """);
        return options with { DataSource = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Username = _role }) };
    }
}
