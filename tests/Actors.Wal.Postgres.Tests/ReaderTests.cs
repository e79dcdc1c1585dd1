using System.Text;
using Actors.Wal.Postgres.Tests.Servers;
using Npgsql;

namespace Actors.Wal.Postgres.Tests;

public sealed class ReaderTests(TestServer server) : IAsyncLifetime
{
    private readonly string _schema = $"reader_{Guid.NewGuid():N}";
    private readonly NpgsqlDataSource _source = server.DataSource();

    private PostgresLogStoreOptions Options => new() { DataSource = _source, Schema = _schema };

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await using (NpgsqlCommand drop = _source.CreateCommand($"DROP SCHEMA IF EXISTS {_schema} CASCADE"))
            await drop.ExecuteNonQueryAsync();
        await _source.DisposeAsync();
    }

    [Fact]
    public async Task Reads_beside_an_owner_and_takes_nothing_from_it()
    {
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(Options);
        await using ILogStream owner = await store.OpenAsync(new LogStreamId("a/1"));
        for (int i = 1; i <= 5; i++)
            await owner.AppendAsync(Event(i));
        await owner.CheckpointAsync(new Sequence(4), Event(40));
        ILogStream deleted = await store.OpenAsync(new LogStreamId("a/2"));
        await deleted.AppendAsync(Event(1));
        await deleted.DeleteAsync();
        await store.OpenAsync(new LogStreamId("a/3"));
        using PostgresLogReader reader = await PostgresLogReader.OpenAsync(Options);
        Assert.Equal([new StreamInfo(new LogStreamId("a/1"), new Sequence(5), new Sequence(1), new Sequence(4))], await reader.ListAsync("a/").ToListAsync());
        Assert.Equal(new Sequence(5), (await reader.FindAsync(new LogStreamId("a/1")))?.Head);
        Assert.Null(await reader.FindAsync(new LogStreamId("a/2")));
        Assert.Null(await reader.FindAsync(new LogStreamId("a/3")));
        Assert.Null(await reader.FindAsync(new LogStreamId("never-written")));
        Assert.Equal(["2", "3"], await TextsAsync(reader.ReadAsync(new LogStreamId("a/1"), new Sequence(2), new Sequence(3))));
        Assert.Equal(["40", "5"], await TextsAsync(reader.ReplayAsync(new LogStreamId("a/1"))));
        Assert.Empty(await TextsAsync(reader.ReplayAsync(new LogStreamId("a/2"))));
        Assert.True(owner.IsOwner);
        Assert.Equal(6, (await owner.AppendAsync(Event(6))).Last.Value);
        Assert.True(reader.LastLsn > Lsn.Zero);
    }

    [Fact]
    public async Task A_schema_without_a_store_is_told_and_nothing_is_created()
    {
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => PostgresLogReader.OpenAsync(Options));
        Assert.Equal($"There is no store in schema '{_schema}'.", error.Message);
        await using NpgsqlCommand schemas = _source.CreateCommand($"SELECT count(*) FROM pg_namespace WHERE nspname = '{_schema}'");
        Assert.Equal(0L, await schemas.ExecuteScalarAsync());
    }

    private static EventData Event(int number) => new(Encoding.UTF8.GetBytes($"{number}"));

    private static async Task<List<string>> TextsAsync(IAsyncEnumerable<LogRecord> records)
        => await records.Select(r => Encoding.UTF8.GetString(r.Payload.Span)).ToListAsync();
}
