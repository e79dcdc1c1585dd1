using Actors.Wal.Postgres.Tests.Servers;
using Npgsql;

namespace Actors.Wal.Postgres.Tests.Failures;

/// <summary>A server that answers an append with an error: what the append gets, and that the stream goes on.</summary>
public sealed class RefusedRowTests(TestServer server) : IAsyncLifetime
{
    private readonly string _schema = $"refused_{Guid.NewGuid():N}";
    private readonly NpgsqlDataSource _source = server.DataSource();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await ExecuteAsync($"DROP SCHEMA IF EXISTS {_schema} CASCADE");
        await _source.DisposeAsync();
    }

    [Fact]
    public async Task A_server_without_room_rejects_and_appends_go_on_when_there_is_room()
    {
        await using PostgresLogStore store = await OpenAsync();
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        await using ILogStream other = await store.OpenAsync(new LogStreamId("b"));
        await stream.AppendAsync(Event(1));
        await RefuseAsync("53100", long.MaxValue);
        StoreFullException error = await Assert.ThrowsAsync<StoreFullException>(() => stream.AppendAsync(Event(2)).AsTask());
        Assert.Contains("Nothing was written", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StoreFullException>(() => stream.CheckpointAsync(new Sequence(1), Event(1)).AsTask());
        await Assert.ThrowsAsync<StoreFullException>(() => store.AppendAtomicAsync([new StreamAppend(stream, [Event(2)]), new StreamAppend(other, [Event(1)])]).AsTask());
        Assert.Equal([1], await NumbersAsync(stream));
        Assert.True(stream.IsOwner);
        await AcceptAsync();
        Assert.Equal(2, (await stream.AppendAsync(Event(2), new Sequence(1))).Last.Value);
        Assert.Equal([1, 2], await NumbersAsync(stream));
        Assert.Equal(0, other.Head.Value);
    }

    [Theory]
    [InlineData("40P01")]
    [InlineData("40001")]
    [InlineData("55P03")]
    public async Task An_append_is_retried_after_a_transient_error(string code)
    {
        await using PostgresLogStore store = await OpenAsync();
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        await RefuseAsync(code, 3);
        Assert.Equal(1, (await stream.AppendAsync(Event(1), Sequence.Zero)).Last.Value);
        Assert.Equal(4, await TriesAsync());
        Assert.Equal(2, (await stream.AppendAsync(Event(2), new Sequence(1))).Last.Value);
        Assert.Equal([1, 2], await NumbersAsync(stream));
    }

    [Theory]
    [InlineData("40P01")]
    [InlineData("40001")]
    public async Task An_append_that_always_fails_transiently_is_rejected_after_patience(string code)
    {
        await using PostgresLogStore store = await OpenAsync(patienceSeconds: 1);
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        await RefuseAsync(code, long.MaxValue);
        AppendRejectedException error = await Assert.ThrowsAsync<AppendRejectedException>(() => stream.AppendAsync(Event(1)).AsTask());
        Assert.Contains("Nothing was written", error.Message, StringComparison.Ordinal);
        Assert.InRange(await TriesAsync(), 2, 20);
        await AcceptAsync();
        Assert.Equal(1, (await stream.AppendAsync(Event(1))).Last.Value);
    }

    [Theory]
    [InlineData("40P01")]
    [InlineData("40001")]
    public async Task An_opening_is_retried_after_a_transient_error(string code)
    {
        await using PostgresLogStore store = await OpenAsync();
        await RefuseAsync(code, 3);
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        Assert.InRange(await TriesAsync(), 4, 8);
        Assert.Equal(1, (await stream.AppendAsync(Event(1))).Last.Value);
    }

    [Fact]
    public async Task A_stream_can_not_be_opened_while_there_is_no_room()
    {
        await using PostgresLogStore store = await OpenAsync(patienceSeconds: 1);
        await RefuseAsync("53100", long.MaxValue);
        StoreUnreachableException error = await Assert.ThrowsAsync<StoreUnreachableException>(() => store.OpenAsync(new LogStreamId("a")).AsTask());
        Assert.Contains("53100", error.Message, StringComparison.Ordinal);
        await AcceptAsync();
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        Assert.Equal(1, (await stream.AppendAsync(Event(1))).Last.Value);
    }

    [Fact]
    public async Task An_error_that_a_retry_can_not_help_rejects_at_once()
    {
        await using PostgresLogStore store = await OpenAsync();
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        await RefuseAsync("42501", 1);
        await Assert.ThrowsAsync<AppendRejectedException>(() => stream.AppendAsync(Event(1)).AsTask());
        Assert.Equal(1, await TriesAsync());
        Assert.Equal(1, (await stream.AppendAsync(Event(1))).Last.Value);
    }

    private static EventData Event(byte number) => new(new[] { number });

    private static async Task<List<int>> NumbersAsync(ILogStream stream)
        => await stream.ReadAsync(new Sequence(1), new Sequence(100)).Select(r => (int)r.Payload.Span[0]).ToListAsync();

    private Task<PostgresLogStore> OpenAsync(double patienceSeconds = 30)
        => PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = _source, Schema = _schema, Patience = TimeSpan.FromSeconds(patienceSeconds) });

    /// <summary>So many statements that insert events end with an error. What a sequence has counted is not taken back with them.</summary>
    private Task RefuseAsync(string code, long times) => ExecuteAsync($"""
        CREATE SEQUENCE {_schema}.tries;
        CREATE FUNCTION {_schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF nextval('{_schema}.tries') <= {times} THEN RAISE EXCEPTION 'refused' USING ERRCODE = '{code}'; END IF;
          RETURN NULL;
        END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON {_schema}.event FOR EACH STATEMENT EXECUTE FUNCTION {_schema}.refuse();
        """);

    private Task AcceptAsync() => ExecuteAsync($"DROP TRIGGER refuse ON {_schema}.event");

    private async Task<long> TriesAsync()
    {
        await using NpgsqlCommand command = _source.CreateCommand($"SELECT last_value FROM {_schema}.tries");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = _source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
