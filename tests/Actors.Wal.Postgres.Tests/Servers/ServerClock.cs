using Npgsql;

namespace Actors.Wal.Postgres.Tests.Servers;

/// <summary>A clock of a test's own for some sessions of a server: they find its <c>now()</c>, and the time of the server's start, before the server's.</summary>
internal sealed class ServerClock : IAsyncDisposable
{
    private static readonly string[] Functions = ["now", "transaction_timestamp", "statement_timestamp", "clock_timestamp"];

    private readonly string _schema = $"clock_{Guid.NewGuid():N}";
    private readonly ManualTime _time;

    private ServerClock(TestServer server, ManualTime time)
    {
        _time = time;
        // By its functions every statement looks costly enough to the server to be compiled.
        Source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server.ConnectionString) { SearchPath = $"{_schema},pg_catalog", Options = "-c jit=off" });
    }

    /// <summary>The sessions that go by the clock.</summary>
    public NpgsqlDataSource Source { get; }

    public static async Task<ServerClock> StartAsync(TestServer server, ManualTime time)
    {
        var clock = new ServerClock(server, time);
        string functions = string.Concat(Functions.Select(f => $"CREATE FUNCTION {clock._schema}.{f}() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT time FROM {clock._schema}.clock';"));
        await using (NpgsqlCommand create = clock.Source.CreateCommand($"""
            CREATE SCHEMA {clock._schema};
            CREATE TABLE {clock._schema}.clock (time timestamptz, started timestamptz);
            INSERT INTO {clock._schema}.clock VALUES (NULL, now());
            CREATE FUNCTION {clock._schema}.pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT started FROM {clock._schema}.clock';
            {functions}
            """))
        {
            await create.ExecuteNonQueryAsync();
        }

        clock.Set(time.GetUtcNow());
        time.Moved = clock.Set;
        return clock;
    }

    /// <summary>From now on it is another server, by the time of its start.</summary>
    public async Task ReplaceServerAsync()
    {
        await using NpgsqlCommand command = Source.CreateCommand($"UPDATE {_schema}.clock SET started = started + interval '1 second'");
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _time.Moved = null;
        await using (NpgsqlCommand drop = Source.CreateCommand($"DROP SCHEMA {_schema} CASCADE"))
            await drop.ExecuteNonQueryAsync();
        await Source.DisposeAsync();
    }

    private void Set(DateTimeOffset time)
    {
        using NpgsqlCommand command = Source.CreateCommand($"UPDATE {_schema}.clock SET time = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = time.UtcDateTime });
        command.ExecuteNonQuery();
    }
}
