using Actors.Wal.Postgres.Tests.Servers;

namespace Actors.Wal.Postgres.Tests.Committing;

/// <summary>A row that stands where an append wanted to go: whose it is, its commit's number alone tells.</summary>
public sealed class RecognitionTests(TestServer server) : IAsyncLifetime
{
    private readonly TestSchemas _schemas = new(server);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _schemas.DisposeAsync();

    /// <summary>Such a row comes from an append that was taken for refused, or from a copy of the process that goes on from an image of its memory.</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task A_foreign_row_of_the_same_owner_and_epoch_fences(bool isKnown, bool isSame)
    {
        PostgresLogStoreOptions options = _schemas.New();
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(options);
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        if (isKnown)
            await stream.AppendAsync(Event(1));
        await stream.AppendAsync(Event(2));
        long head = stream.Head.Value;

        // The rest of the row is what the append itself would write.
        string columns = "stream_id, owner, recorded_at, first_seq, count, epoch, ordinal, kind, checkpoint_seq, base_seq, base_sub";
        await _schemas.ExecuteAsync($"""
            INSERT INTO {options.Schema}.event ({columns}, seq, sub, payload{(isSame ? "" : ", commit_id")})
            SELECT {columns}, seq + 1, 0, payload{(isSame ? "" : ", commit_id + 1")} FROM {options.Schema}.event WHERE kind <> 1 AND seq = {head}
            """);
        await Assert.ThrowsAsync<FencedException>(() => stream.AppendAsync(Event(2)).AsTask());
        Assert.False(stream.IsOwner);
    }

    [Fact]
    public async Task Each_commit_has_a_number_of_its_own()
    {
        PostgresLogStoreOptions options = _schemas.New();
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(options);
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"));
        await using ILogStream other = await store.OpenAsync(new LogStreamId("b"));
        for (int i = 0; i < 50; i++)
        {
            await stream.AppendAsync(Event(1));
            await store.AppendAtomicAsync([new StreamAppend(stream, [Event(1)]), new StreamAppend(other, [Event(1)])]);
        }

        Assert.Equal(100L, await _schemas.ScalarAsync<long>($"SELECT count(DISTINCT commit_id) FROM {options.Schema}.event"));
        Assert.Equal(0L, await _schemas.ScalarAsync<long>($"SELECT count(*) FROM {options.Schema}.event WHERE kind <> 1 AND commit_id IS NULL"));
    }

    private static EventData Event(byte value) => new(new[] { value });
}
