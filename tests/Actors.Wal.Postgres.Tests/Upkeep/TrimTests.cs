using Actors.Wal.Postgres.Inspection;
using Actors.Wal.Postgres.Streams;
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
    public async Task Dropped_rows_are_deleted_in_the_background(int partitions)
    {
        await using PostgresLogStore store = await OpenAsync(_schema, TimeSpan.FromSeconds(1), partitions);
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"), new StreamOptions { Retention = Retention.Last });
        await AppendAsync(stream, 5);
        await stream.CheckpointAsync(new Sequence(4), Event());
        ILogStream deleted = await store.OpenAsync(new LogStreamId("b"));
        await AppendAsync(deleted, 3);
        await deleted.DeleteAsync();
        await UntilAsync($"SELECT count(*) = 2 FROM {_schema}.trim");
        Assert.Equal(8L, await ScalarAsync($"SELECT sum(count) FROM {_schema}.event"));

        await AgeAsync(_schema);
        await UntilAsync($"SELECT sum(count) = 1 FROM {_schema}.event");
        await UntilAsync($"SELECT count(*) = 0 FROM {_schema}.trim");
        Assert.Equal([4, 5], await stream.ReplayAsync().Select(r => r.Sequence.Value).ToListAsync());
        Assert.Equal(6, (await stream.AppendAsync(Event())).Last.Value);
        await using ILogStream anew = await store.OpenAsync(new LogStreamId("b"));
        Assert.Equal(Sequence.Zero, anew.Head);
    }

    [Fact]
    public async Task Rows_are_deleted_while_those_of_another_schema_are_waited_for()
    {
        await using PostgresLogStore busy = await OpenAsync(_other, TimeSpan.FromDays(1));
        await using PostgresLogStore store = await OpenAsync(_schema, TimeSpan.FromDays(1));
        foreach ((PostgresLogStore each, string schema) in new[] { (busy, _other), (store, _schema) })
        {
            await using ILogStream stream = await each.OpenAsync(new LogStreamId("a"), new StreamOptions { Retention = Retention.Last });
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

    /// <summary>A failover to a standby that lacks the row which dropped something, after it was acknowledged: what is left must not go, too.</summary>
    [Fact]
    public async Task Events_stay_when_a_failover_lost_their_truncation()
    {
        await using PostgresLogStore store = await OpenAsync(_schema, TimeSpan.FromDays(1));
        await using (ILogStream stream = await store.OpenAsync(new LogStreamId("a"), new StreamOptions { Retention = Retention.Last }))
        {
            await AppendAsync(stream, 3);
            await stream.CheckpointAsync(new Sequence(3), Event());
        }

        ILogStream deleted = await store.OpenAsync(new LogStreamId("b"));
        await AppendAsync(deleted, 3);
        await deleted.DeleteAsync();
        await ExecuteAsync($"DELETE FROM {_schema}.event WHERE kind IN ({(short)RowKind.Checkpoint}, {(short)RowKind.Tombstone}); UPDATE {_schema}.stream SET deleted_at = NULL");
        await using PostgresLogStore next = await OpenAsync(_schema, TimeSpan.FromDays(1));
        await using ILogStream successor = await next.OpenAsync(new LogStreamId("b"));
        await AppendAsync(successor, 1);
        await store.TrimAsync(CancellationToken.None);
        Assert.Equal(2L, await ScalarAsync($"SELECT count(*) FROM {_schema}.trim"));
        await AgeAsync(_schema);
        await store.TrimAsync(CancellationToken.None);
        Assert.Equal([1, 2, 3], await next.ReplayAsync(new LogStreamId("a")).Select(r => r.Sequence.Value).ToListAsync());
        Assert.Equal([1, 2, 3, 4], await next.ReplayAsync(new LogStreamId("b")).Select(r => r.Sequence.Value).ToListAsync());
        Assert.Equal(0L, await ScalarAsync($"SELECT count(*) FROM {_schema}.trim"));
        Assert.True(await successor.ConfirmOwnershipAsync());
    }

    /// <summary>A note of a fence names its owner: after a failover another one's fence may stand in its place.</summary>
    [Fact]
    public async Task An_empty_stream_of_another_owner_than_the_one_who_gave_it_up_stays()
    {
        await using PostgresLogStore store = await OpenAsync(_schema, TimeSpan.FromDays(1));
        await using PostgresLogStore next = await OpenAsync(_schema, TimeSpan.FromDays(1));
        await (await store.OpenAsync(new LogStreamId("a"))).DisposeAsync();
        await ExecuteAsync($"DELETE FROM {_schema}.event; DELETE FROM {_schema}.stream");
        await using ILogStream owned = await next.OpenAsync(new LogStreamId("a"));
        await ExecuteAsync($"UPDATE {_schema}.event SET stream_id = stream_id - 1; ALTER TABLE {_schema}.stream ALTER COLUMN id DROP IDENTITY; UPDATE {_schema}.stream SET id = id - 1");
        await store.TrimAsync(CancellationToken.None);
        await AgeAsync(_schema);
        await store.TrimAsync(CancellationToken.None);
        Assert.Equal(1L, await ScalarAsync($"SELECT count(*) FROM {_schema}.event WHERE kind = {(short)RowKind.Fence}"));
        Assert.Equal(0L, await ScalarAsync($"SELECT count(*) FROM {_schema}.event WHERE kind = {(short)RowKind.Tombstone}"));
    }

    [Fact]
    public async Task Trimming_goes_on_after_its_connection_was_lost()
    {
        await using PostgresLogStore store = await OpenAsync(_schema, TimeSpan.FromSeconds(1));
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("a"), new StreamOptions { Retention = Retention.Last });
        await AppendAsync(stream, 5);
        await stream.CheckpointAsync(new Sequence(5), Event());
        await UntilAsync($"SELECT count(*) = 1 FROM {_schema}.trim");
        await using (NpgsqlConnection connection = await _source.OpenConnectionAsync())
        {
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
            await using (var hold = new NpgsqlCommand($"LOCK TABLE {_schema}.event IN ACCESS EXCLUSIVE MODE", connection))
                await hold.ExecuteNonQueryAsync();
            await ExecuteAsync($"UPDATE {_schema}.trim SET since = since - interval '1 hour'");
            await UntilAsync($"SELECT count(pg_terminate_backend(a.pid)) > 0 FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE NOT l.granted AND l.relation = '{_schema}.event'::regclass");
            await transaction.CommitAsync();
        }

        await AgeAsync(_schema);
        await UntilAsync($"SELECT sum(count) = 0 FROM {_schema}.event");
    }

    [Fact]
    public async Task One_store_trims_at_a_time()
    {
        await using PostgresLogStore first = await OpenAsync(_schema, TimeSpan.FromDays(1));
        await using PostgresLogStore second = await OpenAsync(_schema, TimeSpan.FromDays(1));
        await using ILogStream stream = await first.OpenAsync(new LogStreamId("a"), new StreamOptions { Retention = Retention.Last });
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

    [Fact]
    public async Task However_often_a_stream_is_opened_few_fences_stay()
    {
        await using PostgresLogStore store = await OpenAsync(_schema, TimeSpan.FromDays(1));
        await using PostgresLogStore other = await OpenAsync(_schema, TimeSpan.FromDays(1));
        for (int i = 0; i < 60; i++)
        {
            await using ILogStream stream = await (i % 2 == 0 ? store : other).OpenAsync(new LogStreamId("a"));
            if (i % 3 == 0)
                await stream.AppendAsync(Event());
            if (i == 30)
                await stream.CheckpointAsync(stream.Head, Event());
        }

        Assert.Equal(60L, await ScalarAsync($"SELECT count(*) FROM {_schema}.event WHERE kind = 1"));
        await AgeAndTrimAsync(store, other);
        Assert.Equal(1L, await ScalarAsync($"SELECT count(*) FROM {_schema}.event WHERE kind = 1"));
        Assert.Equal(0L, await ScalarAsync($"SELECT count(*) FROM {_schema}.spent_fence"));
        Assert.Equal([], (await new RowVerification(new PostgresLogStoreOptions { DataSource = _source, Schema = _schema }).RunAsync(CancellationToken.None)).Problems);
        await using ILogStream last = await store.OpenAsync(new LogStreamId("a"));
        Assert.Equal((20, 61), (last.Head.Value, last.Epoch.Value));
        Assert.Equal(20, await last.ReadAsync(new Sequence(1), last.Head).CountAsync());
        await last.AppendAsync(Event());
    }

    [Fact]
    public async Task Streams_that_were_opened_and_never_written_to_leave_nothing()
    {
        await using PostgresLogStore store = await OpenAsync(_schema, TimeSpan.FromDays(1));
        ILogStream open = await store.OpenAsync(new LogStreamId("open"));
        ILogStream written = await store.OpenAsync(new LogStreamId("written"));
        await written.AppendAsync(Event());
        await written.DisposeAsync();
        for (int i = 0; i < 50; i++)
            await (await store.OpenAsync(new LogStreamId($"random/{i}"))).DisposeAsync();
        Assert.Equal(52L, await ScalarAsync($"SELECT count(*) FROM {_schema}.stream"));
        for (int i = 0; i < 3; i++)
            await AgeAndTrimAsync(store);
        Assert.Equal(2L, await ScalarAsync($"SELECT count(*) FROM {_schema}.stream"));
        Assert.Equal(2L, await ScalarAsync($"SELECT count(DISTINCT stream_id) FROM {_schema}.event"));
        Assert.Equal(0L, await ScalarAsync($"SELECT count(*) FROM {_schema}.trim"));
        Assert.Equal(1, (await open.AppendAsync(Event())).Last.Value);
        await using ILogStream anew = await store.OpenAsync(new LogStreamId("random/7"));
        Assert.Equal((0, 2), (anew.Head.Value, anew.Epoch.Value));
        Assert.Equal(["open", "written"], await store.SubscribeAsync(Lsn.Zero).Take(2).Select(r => r.Stream.Value).Order().ToListAsync());
    }

    /// <summary>A silo of the release before knows nothing of the epoch that a forgotten name leaves.</summary>
    [Fact]
    public async Task Names_of_deleted_streams_stay_while_silos_of_an_older_release_may_run()
    {
        await using PostgresLogStore store = await OpenAsync(_schema, TimeSpan.FromDays(1));
        await ExecuteAsync($"UPDATE {_schema}.migration SET applied_at = applied_at - interval '30 days' WHERE version = 1");
        for (int i = 0; i < 4; i++)
            await (await store.OpenAsync(new LogStreamId("a"))).DisposeAsync();
        ILogStream stale = await store.OpenAsync(new LogStreamId("a"));
        await using (PostgresLogStore other = await OpenAsync(_schema, TimeSpan.FromDays(1)))
        {
            await using ILogStream deleted = await other.OpenAsync(new LogStreamId("a"));
            await deleted.DeleteAsync();
        }

        for (int i = 0; i < 3; i++)
            await AgeAndTrimAsync(store);
        Assert.Equal(0L, await ScalarAsync($"SELECT count(*) FROM {_schema}.event"));
        Assert.Equal(6, await ScalarAsync($"SELECT max(last_epoch) FROM {_schema}.stream WHERE convert_from(name, 'UTF8') = 'a' AND deleted_at IS NOT NULL"));

        // What the older release does to create the stream again: its epoch is greater, and the owner of the deleted stream can't append.
        await ExecuteAsync($"""
            WITH created AS (INSERT INTO {_schema}.stream (name) VALUES ('a') RETURNING id, name)
            INSERT INTO {_schema}.event (stream_id, seq, sub, count, epoch, owner, kind, first_seq, ordinal, recorded_at)
            SELECT c.id, 1, 0, 0, 1 + COALESCE((SELECT max(d.last_epoch) FROM {_schema}.stream d WHERE d.name = c.name AND d.deleted_at IS NOT NULL), 0), 42, 1, 1, 0, now() FROM created c
            """);
        Assert.Equal(7, await ScalarAsync($"SELECT epoch FROM {_schema}.event"));
        await Assert.ThrowsAsync<FencedException>(() => stale.AppendAsync(Event()).AsTask());

        await ExecuteAsync($"UPDATE {_schema}.migration SET applied_at = applied_at - interval '2 days' WHERE version > 1");
        await AgeAndTrimAsync(store);
        Assert.Equal(1L, await ScalarAsync($"SELECT count(*) FROM {_schema}.stream"));
        Assert.Equal(6, await ScalarAsync($"SELECT epoch_floor FROM {_schema}.store"));
    }

    [Fact]
    public async Task Cancelled_openings_leave_one_fence_and_no_empty_stream()
    {
        await using PostgresLogStore store = await OpenAsync(_schema, TimeSpan.FromDays(1));
        await using (ILogStream stream = await store.OpenAsync(new LogStreamId("written")))
            await AppendAsync(stream, 3);
        await using (NpgsqlConnection holder = await _source.OpenConnectionAsync())
        {
            await using NpgsqlTransaction holding = await holder.BeginTransactionAsync();
            await using (var hold = new NpgsqlCommand($"LOCK TABLE {_schema}.event IN EXCLUSIVE MODE", holder))
                await hold.ExecuteNonQueryAsync();
            using var cancelled = new CancellationTokenSource();
            Task<ILogStream>[] openings = [.. Enumerable.Range(0, 20).Select(i => store.OpenAsync(new LogStreamId(i < 10 ? "written" : $"empty/{i}"), cancellationToken: cancelled.Token).AsTask())];
            await cancelled.CancelAsync();
            foreach (Task<ILogStream> opening in openings)
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
            await holding.CommitAsync();
        }

        await UntilAsync($"SELECT count(*) = 21 FROM {_schema}.event WHERE kind = 1");
        await UntilAsync(() => store.Statistics.OpenStreams == 0);

        for (int i = 0; i < 3; i++)
            await AgeAndTrimAsync(store);
        Assert.Equal(1L, await ScalarAsync($"SELECT count(*) FROM {_schema}.event WHERE kind = 1"));
        Assert.Equal(1L, await ScalarAsync($"SELECT count(*) FROM {_schema}.stream"));
    }

    /// <summary>A killed silo has not noted its fences. A stream that keeps all its events would keep them for ever.</summary>
    [Fact]
    public async Task Fences_of_killed_silos_are_deleted_by_the_next_one()
    {
        var killed = new List<PostgresLogStore>();
        for (int i = 1; i <= 10; i++)
        {
            killed.Add(await OpenAsync(_schema, TimeSpan.FromDays(1)));
            await AppendAsync(await killed[^1].OpenAsync(new LogStreamId("a")), 1);
        }

        await using (PostgresLogStore next = await OpenAsync(_schema, TimeSpan.FromDays(1)))
        {
            await using ILogStream stream = await next.OpenAsync(new LogStreamId("a"));
            Assert.Equal((10, 11), (stream.Head.Value, stream.Epoch.Value));
            Assert.Equal(11L, await ScalarAsync($"SELECT count(*) FROM {_schema}.event WHERE kind = 1"));
            await AgeAndTrimAsync(next);
            Assert.Equal(1L, await ScalarAsync($"SELECT count(*) FROM {_schema}.event WHERE kind = 1"));
            await AppendAsync(stream, 1);
            Assert.Equal(11, await stream.ReadAsync(new Sequence(1), stream.Head).CountAsync());
        }

        foreach (PostgresLogStore store in killed)
            await store.DisposeAsync();
    }

    /// <summary>An opening and the deletion of a stream that was never written to want the same place: one of the two loses.</summary>
    [Fact]
    public async Task A_stream_opened_while_trimming_removes_it_keeps_its_owner()
    {
        await using PostgresLogStore store = await OpenAsync(_schema, TimeSpan.FromDays(1));
        await using PostgresLogStore other = await OpenAsync(_schema, TimeSpan.FromDays(1));
        for (int round = 0; round < 20; round++)
        {
            LogStreamId[] ids = [.. Enumerable.Range(0, 20).Select(i => new LogStreamId($"{round}/{i}"))];
            foreach (LogStreamId id in ids)
                await (await store.OpenAsync(id)).DisposeAsync();
            await store.TrimAsync(CancellationToken.None);
            await AgeAsync(_schema);
            Task<long> trim = store.TrimAsync(CancellationToken.None);
            ILogStream[] opened = await Task.WhenAll(ids.Select(id => other.OpenAsync(id).AsTask()));
            await trim;
            await AgeAndTrimAsync(store);
            foreach (ILogStream stream in opened)
            {
                Assert.Equal(1, (await stream.AppendAsync(Event())).Last.Value);
                await using ILogStream again = await store.OpenAsync(stream.Id);
                Assert.Equal(1, again.Head.Value);
            }
        }
    }

    private static EventData Event() => new(new byte[20]);

    private static async Task AppendAsync(ILogStream stream, int count)
    {
        for (int i = 0; i < count; i++)
            await stream.AppendAsync(Event());
    }

    private Task<PostgresLogStore> OpenAsync(string schema, TimeSpan period, int partitions = 0)
        => PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = _source, Schema = schema, TrimPeriod = period, Partitions = partitions });

    private async Task AgeAndTrimAsync(params PostgresLogStore[] stores)
    {
        foreach (PostgresLogStore store in stores)
            await store.TrimAsync(CancellationToken.None);
        await AgeAsync(_schema);
        foreach (PostgresLogStore store in stores)
            await store.TrimAsync(CancellationToken.None);
    }

    /// <summary>Lets everything be older than any statement.</summary>
    private Task AgeAsync(string schema)
        => ExecuteAsync($"UPDATE {schema}.event SET recorded_at = recorded_at - interval '1 hour'; UPDATE {schema}.trim SET since = since - interval '1 hour'; UPDATE {schema}.spent_fence SET since = since - interval '1 hour'");

    private async Task UntilAsync(string sql)
    {
        long begun = TimeProvider.System.GetTimestamp();
        while (await ScalarAsync(sql) is not true)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < Patience, $"Still not: {sql}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        long begun = TimeProvider.System.GetTimestamp();
        while (!holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < Patience);
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
