using Actors.Wal.Postgres.Tests.Servers;

namespace Actors.Wal.Postgres.Tests.Schema;

/// <summary>Tables of earlier releases.</summary>
public sealed class MigrationTests(TestServer server) : IAsyncLifetime
{
    private readonly TestSchemas _schemas = new(server);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _schemas.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public async Task A_store_of_the_first_version_is_brought_up_to_date_with_all_that_it_holds(int partitions)
    {
        PostgresLogStoreOptions options = _schemas.New() with { Partitions = partitions };
        await using (PostgresLogStore store = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken))
            await AppendAsync(store, 5);
        await _schemas.ExecuteAsync($"DROP INDEX {options.Schema}.event_fence, {options.Schema}.trim_since; ALTER TABLE {options.Schema}.event DROP COLUMN commit_id; DROP TABLE {options.Schema}.store, {options.Schema}.spent_fence, {options.Schema}.taken_back; DELETE FROM {options.Schema}.migration WHERE version > 1");
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => PostgresLogReader.OpenAsync(options, TestContext.Current.CancellationToken));
        Assert.Contains("has version 1 of the log's tables; this program reads 4. A silo of this release brings them up to date.", error.Message, StringComparison.Ordinal);

        await using (PostgresLogStore store = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken))
            await AppendAsync(store, 3, head: 5);
        Assert.Equal(4, await _schemas.ScalarAsync<int>($"SELECT max(version) FROM {options.Schema}.migration"));
        Assert.Equal(1L, await _schemas.ScalarAsync<long>($"SELECT count(*) FROM pg_indexes WHERE schemaname = '{options.Schema}' AND tablename = 'event' AND indexname = 'event_fence'"));
    }

    private static async Task AppendAsync(PostgresLogStore store, int count, long head = 0)
    {
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("account/1"));
        Assert.Equal(head, stream.Head.Value);
        for (int i = 0; i < count; i++)
            await stream.AppendAsync(new EventData(new byte[20]));
    }
}
