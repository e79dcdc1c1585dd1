using Actors.Wal.Postgres.Tests.Servers;
using Npgsql;

namespace Actors.Wal.Postgres.Tests.Upkeep;

public sealed class TrimTests(TestServer server) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _schema = $"trim_{Guid.NewGuid():N}";
    private readonly string _other = $"trim_{Guid.NewGuid():N}";
    private readonly NpgsqlDataSource _source = server.DataSource();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await ExecuteAsync($"DROP SCHEMA IF EXISTS {_schema} CASCADE; DROP SCHEMA IF EXISTS {_other} CASCADE");
        await _source.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public async Task What_a_stream_has_dropped_is_deleted_in_the_background(int partitions)
    {
        await using PostgresLogStore store = await OpenAsync(_schema, TimeSpan.FromSeconds(1), partitions);
        await using ILogStream stream = await store.OpenAsync(new StreamId("a"), new StreamOptions { Retention = Retention.Last });
        await AppendAsync(stream, 5);
        await stream.CheckpointAsync(new Sequence(4), Event());
        ILogStream deleted = await store.OpenAsync(new StreamId("b"));
        await AppendAsync(deleted, 3);
        await deleted.DeleteAsync();
        await UntilAsync($"SELECT count(*) = 2 FROM {_schema}.trim");
        Assert.Equal(8L, await ScalarAsync($"SELECT sum(count) FROM {_schema}.event"));

        await AgeAsync(_schema);
        await UntilAsync($"SELECT sum(count) = 1 FROM {_schema}.event");
        await UntilAsync($"SELECT count(*) = 0 FROM {_schema}.trim");
        Assert.Equal([4, 5], await stream.ReplayAsync().Select(r => r.Sequence.Value).ToListAsync());
        Assert.Equal(6, (await stream.AppendAsync(Event())).Last.Value);
        await using ILogStream anew = await store.OpenAsync(new StreamId("b"));
        Assert.Equal(Sequence.Zero, anew.Head);
    }

    [Fact]
    public async Task Rows_are_deleted_while_those_of_another_schema_are_waited_for()
    {
        await using PostgresLogStore busy = await OpenAsync(_other, TimeSpan.FromDays(1));
        await using PostgresLogStore store = await OpenAsync(_schema, TimeSpan.FromDays(1));
        foreach ((PostgresLogStore each, string schema) in new[] { (busy, _other), (store, _schema) })
        {
            await using ILogStream stream = await each.OpenAsync(new StreamId("a"), new StreamOptions { Retention = Retention.Last });
            await AppendAsync(stream, 5);
            await stream.CheckpointAsync(new Sequence(5), Event());
            await each.TrimAsync(CancellationToken.None);
            await AgeAsync(schema);
        }

        await using NpgsqlConnection connection = await _source.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand($"LOCK TABLE {_other}.event IN ACCESS EXCLUSIVE MODE", connection))
            await hold.ExecuteNonQueryAsync();
        Task<long> waiting = busy.TrimAsync(CancellationToken.None);
        await UntilAsync($"SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = '{_other}.event'::regclass");
        Assert.Equal(6, await store.TrimAsync(CancellationToken.None));
        await transaction.CommitAsync();
        Assert.Equal(6, await waiting);
    }

    [Fact]
    public async Task Of_two_stores_one_deletes()
    {
        await using PostgresLogStore first = await OpenAsync(_schema, TimeSpan.FromDays(1));
        await using PostgresLogStore second = await OpenAsync(_schema, TimeSpan.FromDays(1));
        await using ILogStream stream = await first.OpenAsync(new StreamId("a"), new StreamOptions { Retention = Retention.Last });
        await AppendAsync(stream, 5);
        await stream.CheckpointAsync(new Sequence(5), Event());
        await first.TrimAsync(CancellationToken.None);
        await AgeAsync(_schema);
        await using NpgsqlConnection connection = await _source.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand($"LOCK TABLE {_schema}.event IN ACCESS EXCLUSIVE MODE", connection))
            await hold.ExecuteNonQueryAsync();
        Task<long> waiting = first.TrimAsync(CancellationToken.None);
        await UntilAsync($"SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = '{_schema}.event'::regclass");
        Assert.Equal(0, await second.TrimAsync(CancellationToken.None));
        await transaction.CommitAsync();
        Assert.Equal(6, await waiting);
    }

    private static EventData Event() => new(new byte[20]);

    private static async Task AppendAsync(ILogStream stream, int count)
    {
        for (int i = 0; i < count; i++)
            await stream.AppendAsync(Event());
    }

    private Task<PostgresLogStore> OpenAsync(string schema, TimeSpan period, int partitions = 0)
        => PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = _source, Schema = schema, TrimPeriod = period, Partitions = partitions });

    /// <summary>Lets everything be older than any statement.</summary>
    private Task AgeAsync(string schema)
        => ExecuteAsync($"UPDATE {schema}.event SET recorded_at = recorded_at - interval '1 hour'; UPDATE {schema}.trim SET since = since - interval '1 hour'");

    private async Task UntilAsync(string sql)
    {
        long begun = TimeProvider.System.GetTimestamp();
        while (await ScalarAsync(sql) is not true)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < Patience, $"Still not: {sql}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
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
