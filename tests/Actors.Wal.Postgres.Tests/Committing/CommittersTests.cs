using Actors.Wal.Postgres.Tests.Servers;
using Npgsql;

namespace Actors.Wal.Postgres.Tests.Committing;

/// <summary>Several commits at a time, while the server holds one of them.</summary>
public sealed class CommittersTests(TestServer server) : IAsyncLifetime
{
    private const int Others = 100;
    private const int Lock = 4711;

    private readonly TestSchemas _schemas = new(server);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _schemas.DisposeAsync();

    [Fact]
    public async Task Other_streams_go_on_while_the_server_works_on_a_commit()
    {
        await using PostgresLogStore store = await OpenAsync();
        await using ILogStream a = await store.OpenAsync(new LogStreamId("a"));
        ILogStream[] others = await OpenOthersAsync(store);
        await using Hold hold = await HoldAsync();
        Task<AppendResult> first = a.AppendAsync(Event(1)).AsTask();
        await hold.IsReachedAsync();
        for (byte round = 1; round <= 3; round++)
            await Task.WhenAll(others.Select(o => o.AppendAsync(Event(round)).AsTask())).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.False(first.IsCompleted);
        await hold.EndAsync();
        Assert.Equal(1, (await first).Last.Value);
        Assert.All(others, o => Assert.Equal(3, o.Head.Value));
    }

    [Fact]
    public async Task Later_appends_wait_in_order_while_rows_of_their_stream_are_in_flight()
    {
        await using PostgresLogStore store = await OpenAsync();
        await using ILogStream a = await store.OpenAsync(new LogStreamId("a"));
        await using ILogStream b = await store.OpenAsync(new LogStreamId("b"));
        ILogStream[] others = await OpenOthersAsync(store);
        await using Hold hold = await HoldAsync();
        Task<AppendResult> first = a.AppendAsync(Event(1)).AsTask();
        await hold.IsReachedAsync();
        Task[] later =
        [
            a.AppendAsync(Event(2), new Sequence(1)).AsTask(),
            store.AppendAtomicAsync([new StreamAppend(a, [Event(3)], new Sequence(2)), new StreamAppend(b, [Event(1)])]).AsTask(),
            b.AppendAsync(Event(2), new Sequence(1)).AsTask(),
        ];
        await Task.WhenAll(others.Select(o => o.AppendAsync(Event(1)).AsTask())).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.DoesNotContain(later.Append(first), t => t.IsCompleted);
        await hold.EndAsync();
        await Task.WhenAll(later.Append(first)).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal([1, 2, 3], await NumbersAsync(a));
        Assert.Equal([1, 2], await NumbersAsync(b));
    }

    [Fact]
    public async Task A_store_is_closed_when_all_commits_are_decided()
    {
        PostgresLogStore store = await OpenAsync();
        ILogStream a = await store.OpenAsync(new LogStreamId("a"));
        ILogStream[] others = await OpenOthersAsync(store);
        await using Hold hold = await HoldAsync();
        Task<AppendResult> first = a.AppendAsync(Event(1)).AsTask();
        await hold.IsReachedAsync();
        Task<AppendResult> second = a.AppendAsync(Event(2)).AsTask();
        await Task.WhenAll(others.Select(o => o.AppendAsync(Event(1)).AsTask())).WaitAsync(TimeSpan.FromSeconds(60));
        Task closed = store.DisposeAsync().AsTask();
        await Assert.ThrowsAsync<TimeoutException>(() => closed.WaitAsync(TimeSpan.FromMilliseconds(200)));
        await hold.EndAsync();
        await closed.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(first.IsCompletedSuccessfully);
        Assert.Equal(2, (await second).Last.Value);
    }

    private static EventData Event(byte number) => new(new[] { number });

    private static async Task<List<int>> NumbersAsync(ILogStream stream)
        => await stream.ReadAsync(new Sequence(1), new Sequence(100)).Select(r => (int)r.Payload.Span[0]).ToListAsync();

    private static Task<ILogStream[]> OpenOthersAsync(PostgresLogStore store)
        => Task.WhenAll(Enumerable.Range(1, Others).Select(i => store.OpenAsync(new LogStreamId($"other/{i}")).AsTask()));

    private Task<PostgresLogStore> OpenAsync() => PostgresLogStore.OpenAsync(_schemas.New());

    /// <summary>From here on the server does not finish statements that insert rows of stream a.</summary>
    private async Task<Hold> HoldAsync()
    {
        string schema = _schemas.Last;
        await _schemas.ExecuteAsync($"""
            CREATE FUNCTION {schema}.wait() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_advisory_xact_lock_shared({Lock}, '{schema}'::regnamespace::oid::int); RETURN NEW; END $$;
            CREATE TRIGGER wait BEFORE INSERT ON {schema}.event FOR EACH ROW
            WHEN (NEW.stream_id = {await _schemas.ScalarAsync<long>($"SELECT id FROM {schema}.stream WHERE name = 'a'")}) EXECUTE FUNCTION {schema}.wait();
            """);
        return await Hold.BeginAsync(_schemas.Source, schema);
    }

    private sealed class Hold(NpgsqlConnection connection, string schema) : IAsyncDisposable
    {
        public static async Task<Hold> BeginAsync(NpgsqlDataSource source, string schema)
        {
            var hold = new Hold(await source.OpenConnectionAsync(), schema);
            await hold.ExecuteAsync($"SELECT pg_advisory_lock({Lock}, '{schema}'::regnamespace::oid::int)");
            return hold;
        }

        public async Task IsReachedAsync()
        {
            while (await ExecuteAsync($"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND classid = {Lock} AND objid = '{schema}'::regnamespace::oid") is 0L)
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        public async Task EndAsync() => await ExecuteAsync("SELECT pg_advisory_unlock_all()");

        public async ValueTask DisposeAsync()
        {
            await EndAsync();
            await connection.DisposeAsync();
        }

        private async Task<object?> ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            return await command.ExecuteScalarAsync();
        }
    }
}
