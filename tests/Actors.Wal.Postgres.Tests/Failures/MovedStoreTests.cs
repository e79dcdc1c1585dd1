using Actors.Wal.Postgres.Inspection;
using Actors.Wal.Postgres.Tests.Servers;
using Npgsql;

namespace Actors.Wal.Postgres.Tests.Failures;

/// <summary>A store whose rows were dumped and restored on a server that counts its transactions from a lower number.</summary>
public sealed class MovedStoreTests(TestServer server) : IAsyncLifetime
{
    private readonly PostgresServer _other = new();
    private readonly TestSchemas _schemas = new(server);

    /// <summary>Transactions that write nothing bring the server's numbers ahead of the other's.</summary>
    public async ValueTask InitializeAsync()
    {
        await _other.InitializeAsync();
        await _schemas.ExecuteAsync("DO $$ BEGIN FOR i IN 1..20000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$");
    }

    public async ValueTask DisposeAsync()
    {
        await _schemas.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task A_dump_restored_on_another_server_is_whole_and_goes_on(int partitions)
    {
        PostgresLogStoreOptions options = _schemas.New() with { Partitions = partitions };
        List<LogRecord> before;
        await using (PostgresLogStore store = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken))
        {
            for (int i = 1; i <= 5; i++)
            {
                foreach (string name in new[] { "a", "b", "c" })
                    await AppendAsync(store, name, i);
            }

            before = await TakeAsync(store, Lsn.Zero, 15);
        }

        await server.DumpAsync(_schemas.Last, _other);
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(_other.ConnectionString);
        options = options with { DataSource = source };
        for (int opening = 1; opening <= 2; opening++)
        {
            await using PostgresLogStore store = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken);
            Assert.Equal(Positions(before), Positions(await TakeAsync(store, Lsn.Zero, before.Count)));
            AppendResult added = await AppendAsync(store, "b", 5 + opening);
            AppendResult both = (await AppendManyAsync(store, opening))[^1];
            List<LogRecord> after = await TakeAsync(store, new Lsn(before[^1].Lsn.Value + 1), 3);
            Assert.Contains(added.LastLsn, after.Select(r => r.Lsn));
            Assert.Contains(both.LastLsn, after.Select(r => r.Lsn));
            Assert.All(after, r => Assert.True(r.Lsn > before[^1].Lsn));
            before.AddRange(after);
            Assert.Equal([], (await new RowVerification(options).RunAsync(TestContext.Current.CancellationToken)).Problems);
            using PostgresLogReader reader = await PostgresLogReader.OpenAsync(options, TestContext.Current.CancellationToken);
            Assert.True(reader.LastLsn >= before[^1].Lsn);
        }
    }

    /// <summary>New rows would otherwise get the positions of rows that the follower has read, and it would pass over them.</summary>
    [Fact]
    public async Task A_follower_that_is_ahead_of_a_restored_dump_is_told_and_new_records_have_later_positions()
    {
        PostgresLogStoreOptions options = _schemas.New();
        await using PostgresLogStore original = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken);
        Lsn dumped = (await AppendAsync(original, "a", 1)).LastLsn;
        await server.DumpAsync(_schemas.Last, _other);
        Lsn takenBack = default;
        for (int i = 2; i <= 50; i++)
            takenBack = (await AppendAsync(original, "a", i)).LastLsn;

        await using NpgsqlDataSource source = NpgsqlDataSource.Create(_other.ConnectionString);
        options = options with { DataSource = source };
        await using PostgresLogStore restored = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken);
        AppendResult added = await AppendAsync(restored, "a", 2);
        FeedTakenBackException error = await Assert.ThrowsAsync<FeedTakenBackException>(() => TakeAsync(restored, takenBack.Next, 1));
        Assert.Equal([added.LastLsn], (await TakeAsync(restored, error.RestoredTo, 1)).Select(r => r.Lsn));
        Assert.Equal([added.LastLsn], (await TakeAsync(restored, dumped.Next, 1)).Select(r => r.Lsn));
        Assert.True(added.LastLsn > takenBack);
        await Assert.ThrowsAsync<FeedTakenBackException>(() => TakeAsync(restored, new Lsn(added.LastLsn.Value * 2), 1));
    }

    /// <summary>The server goes on counting, so the follower would miss nothing, and would never learn that it has read what is gone.</summary>
    [Fact]
    public async Task A_follower_is_told_that_a_dump_restored_on_the_same_server_took_records_back()
    {
        PostgresLogStoreOptions options = _schemas.New();
        Lsn dumped, takenBack;
        await using (PostgresLogStore store = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken))
        {
            dumped = (await AppendAsync(store, "a", 1)).LastLsn;
            await server.DumpAsync(_schemas.Last, _other);
            takenBack = (await AppendAsync(store, "a", 2)).LastLsn;
        }

        await _schemas.ExecuteAsync($"DROP SCHEMA {_schemas.Last} CASCADE");
        await _other.DumpAsync(_schemas.Last, server);
        await using PostgresLogStore restored = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken);
        AppendResult added = await AppendAsync(restored, "a", 2);
        await Assert.ThrowsAsync<FeedTakenBackException>(() => TakeAsync(restored, takenBack.Next, 1));
        Assert.Equal([added.LastLsn], (await TakeAsync(restored, dumped.Next, 1)).Select(r => r.Lsn));
    }

    /// <summary>A restore of the rows alone brings the number that is added, and not the default of the column that adds it.</summary>
    [Fact]
    public async Task Rows_restored_without_their_table_get_later_transaction_numbers()
    {
        PostgresLogStoreOptions options = _schemas.New();
        await using (PostgresLogStore store = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken))
            await AppendAsync(store, "a", 1);
        await server.DumpAsync(_schemas.Last, _other);
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(_other.ConnectionString);
        options = options with { DataSource = source };
        Lsn last;
        await using (PostgresLogStore store = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken))
            last = (await AppendAsync(store, "a", 2)).LastLsn;
        await using (NpgsqlCommand restore = source.CreateCommand($"ALTER TABLE {_schemas.Last}.event ALTER COLUMN tx SET DEFAULT pg_current_xact_id()"))
            await restore.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await using (PostgresLogStore store = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken))
        {
            AppendResult added = await AppendAsync(store, "a", 3);
            Assert.True(added.LastLsn > last);
            Assert.Equal([added.LastLsn], (await TakeAsync(store, last.Next, 1)).Select(r => r.Lsn));
        }
    }

    [Fact]
    public async Task Only_fenced_owners_on_the_restored_server_are_told()
    {
        PostgresLogStoreOptions options = _schemas.New();
        await using (PostgresLogStore store = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken))
        {
            await AppendAsync(store, "a", 1);
            await AppendAsync(store, "b", 1);
        }

        await server.DumpAsync(_schemas.Last, _other);
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(_other.ConnectionString);
        options = options with { DataSource = source, FencePeriod = TimeSpan.FromMilliseconds(20) };
        await using PostgresLogStore one = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken);
        await using PostgresLogStore two = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken);
        ILogStream kept = await one.OpenAsync(new LogStreamId("a"), cancellationToken: TestContext.Current.CancellationToken);
        ILogStream lost = await one.OpenAsync(new LogStreamId("b"), cancellationToken: TestContext.Current.CancellationToken);
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, TestContext.Current.CancellationToken);
        await using ILogStream successor = await two.OpenAsync(new LogStreamId("b"), cancellationToken: TestContext.Current.CancellationToken);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, lost.OwnershipLost).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken).ContinueWith(static _ => { }, TaskScheduler.Default);
        Assert.True(lost.OwnershipLost.IsCancellationRequested);
        Assert.True(kept.IsOwner);
    }

    private static async Task<AppendResult> AppendAsync(PostgresLogStore store, string name, int number)
    {
        await using ILogStream stream = await store.OpenAsync(new LogStreamId(name));
        return await stream.AppendAsync(Payloads.Of(number));
    }

    /// <summary>Two streams in one commit, all or none.</summary>
    private static async Task<IReadOnlyList<AppendResult>> AppendManyAsync(PostgresLogStore store, int number)
    {
        await using ILogStream one = await store.OpenAsync(new LogStreamId("d"));
        await using ILogStream two = await store.OpenAsync(new LogStreamId("e"));
        return await store.AppendAtomicAsync([new StreamAppend(one, [Payloads.Of(number)]), new StreamAppend(two, [Payloads.Of(number)])]);
    }

    private static async Task<List<LogRecord>> TakeAsync(PostgresLogStore store, Lsn from, int count)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var records = new List<LogRecord>();
        await foreach (LogRecord record in store.SubscribeAsync(from, patience.Token))
        {
            records.Add(record);
            if (records.Count == count)
                break;
        }

        return records;
    }

    private static IEnumerable<(LogStreamId, Sequence, Lsn)> Positions(IEnumerable<LogRecord> records) => records.Select(r => (r.Stream, r.Sequence, r.Lsn));
}
