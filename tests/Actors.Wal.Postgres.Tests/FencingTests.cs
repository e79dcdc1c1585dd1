using Actors.Wal.Postgres.Tests.Servers;
using Npgsql;

namespace Actors.Wal.Postgres.Tests;

/// <summary>The holes that simpler designs have, one by one.</summary>
public sealed class FencingTests(TestServer server) : IAsyncLifetime
{
    private static readonly LogStreamId Id = new("account/1");

    private readonly string _schema = $"fencing_{Guid.NewGuid():N}";
    private readonly NpgsqlDataSource _source = server.DataSource();
    private readonly ManualTime _time = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await ExecuteAsync($"DROP SCHEMA {_schema} CASCADE");
        await _source.DisposeAsync();
    }

    [Fact]
    public async Task A_stale_owner_can_not_take_the_place_of_a_row_that_was_trimmed()
    {
        await using ServerClock clock = await ServerClock.StartAsync(server, _time);
        await using PostgresLogStore first = await OpenAsync(clock);
        await using PostgresLogStore second = await OpenAsync(clock);
        ILogStream stale = await first.OpenAsync(Id);
        await AppendAsync(stale, 3);
        await using ILogStream owner = await second.OpenAsync(Id);
        await AppendAsync(owner, 4);
        await owner.CheckpointAsync(new Sequence(7), Event());
        await owner.TruncateAsync(new Sequence(8));
        await AgeAsync(second);
        Assert.True(await second.TrimAsync(CancellationToken.None) > 0);
        Assert.Equal(0, await CountAsync("seq < 7 AND count > 0"));
        await Assert.ThrowsAsync<FencedException>(() => stale.AppendAsync(Event()).AsTask());
        await AppendAsync(owner, 1);
        Assert.Equal(8, owner.Head.Value);
    }

    [Fact]
    public async Task An_append_under_way_while_another_opens_is_before_the_fence_or_refused()
    {
        await using PostgresLogStore first = await OpenAsync();
        await using PostgresLogStore second = await OpenAsync();
        for (int i = 0; i < 40; i++)
        {
            var id = new LogStreamId($"race/{i}");
            ILogStream stale = await first.OpenAsync(id);
            await stale.AppendAsync(Event());
            Task<ILogStream> opening = second.OpenAsync(id).AsTask();
            var acknowledged = 1L;
            try
            {
                while (true)
                    acknowledged = (await stale.AppendAsync(Event())).Last.Value;
            }
            catch (FencedException)
            {
            }

            ILogStream owner = await opening;
            Assert.Equal(acknowledged, owner.Head.Value);
            Assert.Equal(acknowledged + 1, (await owner.AppendAsync(Event())).Last.Value);
        }
    }

    [Fact]
    public async Task An_append_that_waits_for_an_uncommitted_fence_is_refused_when_the_fence_commits()
    {
        await using PostgresLogStore store = await OpenAsync();
        ILogStream stale = await store.OpenAsync(Id);
        await stale.AppendAsync(Event());
        await using NpgsqlConnection connection = await _source.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await FenceByHandAsync(connection);
        Task append = stale.AppendAsync(Event()).AsTask();
        await WaitForLockAsync();
        Assert.False(append.IsCompleted);
        await transaction.CommitAsync();
        await Assert.ThrowsAsync<FencedException>(() => append);
    }

    [Fact]
    public async Task An_append_that_waits_for_an_uncommitted_fence_goes_in_when_the_fence_is_taken_back()
    {
        await using PostgresLogStore store = await OpenAsync();
        ILogStream owner = await store.OpenAsync(Id);
        await owner.AppendAsync(Event());
        await using NpgsqlConnection connection = await _source.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await FenceByHandAsync(connection);
        ValueTask<AppendResult> append = owner.AppendAsync(Event());
        await WaitForLockAsync();
        await transaction.RollbackAsync();
        Assert.Equal(2, (await append).Last.Value);
    }

    [Fact]
    public async Task A_fenced_stream_does_not_keep_others_of_the_same_commit_out()
    {
        await using PostgresLogStore first = await OpenAsync();
        await using PostgresLogStore second = await OpenAsync();
        List<ILogStream> streams = [];
        for (int i = 0; i < 50; i++)
            streams.Add(await first.OpenAsync(new LogStreamId($"many/{i}")));
        foreach (ILogStream stream in streams)
            await stream.AppendAsync(Event());
        for (int i = 0; i < 50; i += 5)
            await second.OpenAsync(new LogStreamId($"many/{i}"));
        Task[] appends = [.. streams.Select(s => s.AppendAsync(Event()).AsTask())];
        for (int i = 0; i < 50; i++)
        {
            if (i % 5 == 0)
                await Assert.ThrowsAsync<FencedException>(() => appends[i]);
            else
                await appends[i];
        }
    }

    [Fact]
    public async Task A_deleted_stream_is_gone_for_its_stale_owner_also_when_its_rows_are()
    {
        await using ServerClock clock = await ServerClock.StartAsync(server, _time);
        await using PostgresLogStore first = await OpenAsync(clock);
        await using PostgresLogStore second = await OpenAsync(clock);
        ILogStream stale = await first.OpenAsync(Id);
        await AppendAsync(stale, 2);
        ILogStream owner = await second.OpenAsync(Id);
        await owner.DeleteAsync();
        await AgeAsync(second);
        await second.TrimAsync(CancellationToken.None);
        Assert.Equal(0, await CountAsync("true"));
        await Assert.ThrowsAsync<FencedException>(() => stale.AppendAsync(Event()).AsTask());
        await using ILogStream anew = await second.OpenAsync(Id);
        Assert.Equal(Sequence.Zero, anew.Head);
        Assert.True(anew.Epoch > owner.Epoch);
    }

    [Fact]
    public async Task A_stream_whose_deletion_ended_half_way_can_be_created_again()
    {
        await using PostgresLogStore store = await OpenAsync();
        ILogStream stream = await store.OpenAsync(Id);
        await AppendAsync(stream, 2);
        await stream.DeleteAsync();
        await ExecuteAsync($"UPDATE {_schema}.stream SET deleted_at = NULL, last_epoch = 0");
        await using ILogStream anew = await store.OpenAsync(Id);
        Assert.Equal(1, (await anew.AppendAsync(Event())).Last.Value);
    }

    [Fact]
    public async Task A_stream_whose_deletion_ended_half_way_can_be_created_again_after_its_rows_were_trimmed()
    {
        await using ServerClock clock = await ServerClock.StartAsync(server, _time);
        await using PostgresLogStore store = await OpenAsync(clock);
        ILogStream stream = await store.OpenAsync(Id);
        await AppendAsync(stream, 2);
        await stream.DeleteAsync();
        await ExecuteAsync($"UPDATE {_schema}.stream SET deleted_at = NULL, last_epoch = 0");
        await AgeAsync(store);
        await store.TrimAsync(CancellationToken.None);
        Assert.Equal(0, await CountAsync("true"));
        await using ILogStream anew = await store.OpenAsync(Id);
        Assert.Equal(1, (await anew.AppendAsync(Event())).Last.Value);
        Assert.True(anew.Epoch > stream.Epoch);
    }

    [Fact]
    public async Task A_stream_that_has_lost_its_rows_is_told_and_not_begun_anew()
    {
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = _source, Schema = _schema, Patience = TimeSpan.FromSeconds(1) });
        ILogStream stream = await store.OpenAsync(Id);
        await AppendAsync(stream, 2);
        await ExecuteAsync($"DELETE FROM {_schema}.event");
        LogCorruptException error = await Assert.ThrowsAsync<LogCorruptException>(() => store.OpenAsync(Id).AsTask());
        Assert.Contains($"Stream '{Id}' is there", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_change_feed_waits_for_a_slow_transaction_and_then_leaves_nothing_out()
    {
        await using PostgresLogStore store = await OpenAsync();
        await using ILogStream stream = await store.OpenAsync(Id);
        await stream.AppendAsync(Event());
        await using NpgsqlConnection slow = await _source.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await slow.BeginTransactionAsync();
        await using (var assign = new NpgsqlCommand("SELECT pg_current_xact_id()", slow))
            await assign.ExecuteScalarAsync();
        await AppendAsync(stream, 3);
        await using IAsyncEnumerator<LogRecord> feed = store.SubscribeAsync(Lsn.Zero).GetAsyncEnumerator();
        Assert.True(await feed.MoveNextAsync());
        Assert.Equal(1, feed.Current.Sequence.Value);
        Task<bool> next = feed.MoveNextAsync().AsTask();
        await Task.WhenAny(next, Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System));
        Assert.False(next.IsCompleted);
        await transaction.CommitAsync();
        for (int i = 2; i <= 4; i++)
        {
            Assert.True(i == 2 ? await next : await feed.MoveNextAsync());
            Assert.Equal(i, feed.Current.Sequence.Value);
        }
    }

    [Fact]
    public async Task Many_stores_create_the_tables_at_once()
    {
        PostgresLogStore[] stores = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => OpenAsync()));
        await Task.WhenAll(stores.Select((s, i) => s.OpenAsync(new LogStreamId($"s/{i % 3}")).AsTask()));
        Assert.Equal(3, await CountAsync("epoch = 1"));
        foreach (PostgresLogStore store in stores)
            await store.DisposeAsync();
    }

    [Fact]
    public async Task A_schema_of_a_newer_release_is_refused()
    {
        await (await OpenAsync()).DisposeAsync();
        await ExecuteAsync($"INSERT INTO {_schema}.migration (version) VALUES (99)");
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => OpenAsync());
        Assert.Contains("version 99", error.Message, StringComparison.Ordinal);
    }

    private static EventData Event() => new(new byte[20]);

    private static async Task AppendAsync(ILogStream stream, int count)
    {
        for (int i = 0; i < count; i++)
            await stream.AppendAsync(Event());
    }

    private Task<PostgresLogStore> OpenAsync() => OpenAsync(_source);

    /// <summary>For this store the server's time is the test's.</summary>
    private Task<PostgresLogStore> OpenAsync(ServerClock clock) => OpenAsync(clock.Source);

    private Task<PostgresLogStore> OpenAsync(NpgsqlDataSource source)
        => PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = source, Schema = _schema, FeedPeriod = TimeSpan.FromMilliseconds(5) });

    /// <summary>What another process does that opens the stream.</summary>
    private async Task FenceByHandAsync(NpgsqlConnection connection)
    {
        await using var fence = new NpgsqlCommand(
            $"INSERT INTO {_schema}.event (stream_id, seq, sub, count, epoch, owner, kind, first_seq, ordinal, recorded_at) SELECT stream_id, seq + count, 0, 0, epoch + 1, 7, 1, first_seq, 0, now() FROM {_schema}.event ORDER BY seq DESC, sub DESC LIMIT 1", connection);
        await fence.ExecuteNonQueryAsync();
    }

    private async Task WaitForLockAsync()
    {
        while (await ScalarAsync("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'") == 0)
            await Task.Yield();
    }

    /// <summary>Lets everything be older than any statement.</summary>
    private async Task AgeAsync(PostgresLogStore store)
    {
        // What was dropped is written down first.
        Assert.Equal(0, await store.TrimAsync(CancellationToken.None));
        _time.Advance(TimeSpan.FromHours(1));
    }

    private Task<long> CountAsync(string condition) => ScalarAsync($"SELECT count(*) FROM {_schema}.event WHERE {condition}");

    private async Task<long> ScalarAsync(string sql)
    {
        await using NpgsqlCommand command = _source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = _source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
