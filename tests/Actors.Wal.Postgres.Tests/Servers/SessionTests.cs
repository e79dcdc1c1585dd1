using Actors.Wal.Postgres.Servers;
using Npgsql;

namespace Actors.Wal.Postgres.Tests.Servers;

public sealed class SessionTests(TestServer server) : IAsyncLifetime
{
    private readonly string _schema = $"session_{Guid.NewGuid():N}";
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Options = "-c synchronous_commit=off" });

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await ExecuteAsync($"DROP SCHEMA IF EXISTS {_schema} CASCADE");
        await _source.DisposeAsync();
    }

    [Fact]
    public async Task Commits_wait_for_the_disk_also_where_sessions_do_not_by_default()
    {
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = _source, Schema = _schema });
        await ExecuteAsync($"""
            CREATE TABLE {_schema}.seen (setting text);
            CREATE FUNCTION {_schema}.note() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN INSERT INTO {_schema}.seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
            CREATE TRIGGER note AFTER INSERT ON {_schema}.event FOR EACH STATEMENT EXECUTE FUNCTION {_schema}.note();
            """);
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        await using ILogStream other = await store.OpenAsync(new LogStreamId("b"));
        await stream.AppendAsync(new EventData(new byte[1]));
        await store.AppendAtomicAsync([new StreamAppend(stream, [new EventData(new byte[1])]), new StreamAppend(other, [new EventData(new byte[1])])]);
        await stream.CheckpointAsync(new Sequence(2), new EventData(new byte[1]));
        await stream.DeleteAsync();
        Assert.Equal("off", await ScalarAsync("SHOW synchronous_commit"));
        Assert.Equal("on", await ScalarAsync($"SELECT string_agg(DISTINCT setting, ',') FROM {_schema}.seen"));
        Assert.True((long)(await ScalarAsync($"SELECT count(*) FROM {_schema}.seen"))! >= 6);
    }

    /// <summary>Where commits wait until standbys show them, they go on doing so.</summary>
    [Theory]
    [InlineData("local", "on")]
    [InlineData("remote_write", "on")]
    [InlineData("on", "on")]
    [InlineData("remote_apply", "remote_apply")]
    public async Task A_stronger_setting_of_the_server_is_kept(string setting, string expected)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Options = $"-c synchronous_commit={setting}" });
        await using var session = new Session(source);
        NpgsqlConnection connection = await session.ConnectAsync(TestContext.Current.CancellationToken);
        await using var show = new NpgsqlCommand("SHOW synchronous_commit", connection);
        Assert.Equal(expected, await show.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    private async Task<object?> ScalarAsync(string sql)
    {
        await using NpgsqlCommand command = _source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    private async Task ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = _source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
