using Actors.Wal.Postgres.Tests.Servers;
using Npgsql;

namespace Actors.Wal.Postgres.Tests.Schema;

public sealed class PartitionTests(TestServer server) : IAsyncLifetime
{
    private readonly string _schema = $"parts_{Guid.NewGuid():N}";
    private readonly NpgsqlDataSource _source = server.DataSource();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await using (NpgsqlCommand drop = _source.CreateCommand($"DROP SCHEMA IF EXISTS {_schema} CASCADE"))
            await drop.ExecuteNonQueryAsync();
        await _source.DisposeAsync();
    }

    [Fact]
    public async Task Streams_are_divided_among_all_partitions_and_each_lies_in_one()
    {
        await using PostgresLogStore store = await OpenAsync(partitions: 4);
        await WriteAsync(store);
        Assert.Equal(4, await CountAsync("count(DISTINCT tableoid)"));
        Assert.Equal(40, await CountAsync("count(DISTINCT (tableoid, stream_id))"));
    }

    [Fact]
    public async Task Tables_that_are_there_stay_divided_as_they_are()
    {
        await using (PostgresLogStore store = await OpenAsync(partitions: 4))
            await WriteAsync(store);
        await using PostgresLogStore again = await OpenAsync(partitions: 0);
        await WriteAsync(again);
        Assert.Equal(4, await CountAsync("count(DISTINCT tableoid)"));
        Assert.Equal(80, await CountAsync("sum(count)"));
    }

    private static async Task WriteAsync(PostgresLogStore store)
    {
        foreach (int number in Enumerable.Range(0, 40))
        {
            await using ILogStream stream = await store.OpenAsync(new LogStreamId($"s/{number}"));
            await stream.AppendAsync(new EventData(new byte[20]));
        }
    }

    private Task<PostgresLogStore> OpenAsync(int partitions)
        => PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = _source, Schema = _schema, Partitions = partitions });

    private async Task<long> CountAsync(string what)
    {
        await using NpgsqlCommand command = _source.CreateCommand($"SELECT {what} FROM {_schema}.event");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
