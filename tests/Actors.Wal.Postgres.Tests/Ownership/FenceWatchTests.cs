using Actors.Wal.Postgres.Ownership;
using Actors.Wal.Postgres.Streams;
using Actors.Wal.Postgres.Tests.Servers;
using Npgsql;

namespace Actors.Wal.Postgres.Tests.Ownership;

/// <summary>How a store finds out that others have opened its streams, also where a look could have missed it.</summary>
public sealed class FenceWatchTests(TestServer server) : IAsyncLifetime
{
    private readonly TestSchemas _schemas = new(server);
    private readonly ManualTime _time = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _schemas.DisposeAsync();

    [Fact]
    public async Task A_fence_that_commits_after_later_fences_were_seen_is_still_found()
    {
        PostgresLogStoreOptions options = New();
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(options);
        await using PostgresLogStore other = await PostgresLogStore.OpenAsync(options);
        ILogStream slow = await OpenAsync(store, "slow");
        ILogStream quick = await OpenAsync(store, "quick");
        await using NpgsqlConnection connection = await _schemas.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var fence = new NpgsqlCommand(RowOf(slow, options.Schema, RowKind.Fence), connection))
            Assert.Equal(1, await fence.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));

        // Later ones are seen meanwhile, so looks went by.
        for (int i = 0; i < 3; i++)
        {
            await other.OpenAsync(quick.Id, cancellationToken: TestContext.Current.CancellationToken);
            await IsToldAsync(quick);
            quick = await store.OpenAsync(quick.Id, cancellationToken: TestContext.Current.CancellationToken);
        }

        Assert.False(slow.OwnershipLost.IsCancellationRequested);
        await transaction.CommitAsync(TestContext.Current.CancellationToken);
        await IsToldAsync(slow);
    }

    [Fact]
    public async Task After_a_pause_in_which_fences_may_have_been_deleted_every_stream_is_asked_for()
    {
        PostgresLogStoreOptions options = New();
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(options with { Time = _time });
        ILogStream overtaken = await OpenAsync(store, "overtaken");
        ILogStream owned = await OpenAsync(store, "owned");
        await LooksAsync(store.Watch, 2);
        await _schemas.ExecuteAsync(RowOf(overtaken, options.Schema, RowKind.Events));
        await LooksAsync(store.Watch, 3);
        Assert.False(overtaken.OwnershipLost.IsCancellationRequested);
        await IsToldAsync(overtaken, () => _time.Advance(TimeSpan.FromSeconds(31)));
        Assert.True(owned.IsOwner);
        await owned.AppendAsync(Event(), cancellationToken: TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Every_stream_is_asked_for_after_a_server_restart()
    {
        await using var restarting = new PostgresServer();
        await restarting.InitializeAsync();
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(restarting.ConnectionString);
        var options = new PostgresLogStoreOptions { DataSource = source, FencePeriod = TimeSpan.FromMilliseconds(20) };
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(options, TestContext.Current.CancellationToken);
        ILogStream overtaken = await OpenAsync(store, "overtaken");
        ILogStream owned = await OpenAsync(store, "owned");
        await LooksAsync(store.Watch, 2);
        await using (NpgsqlCommand overtake = source.CreateCommand(RowOf(overtaken, options.Schema, RowKind.Events)))
            await overtake.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await LooksAsync(store.Watch, 3);
        Assert.False(overtaken.OwnershipLost.IsCancellationRequested);
        await restarting.CrashAsync();
        await restarting.StartAsync();
        await IsToldAsync(overtaken);
        Assert.True(await owned.ConfirmOwnershipAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_stream_that_is_overtaken_before_its_opening_returns_is_asked_for()
    {
        PostgresLogStoreOptions options = New();
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(options);
        await using PostgresLogStore other = await PostgresLogStore.OpenAsync(options);
        ILogStream stream = await OpenAsync(store, "stream");
        long number = await _schemas.ScalarAsync<long>($"SELECT stream_id FROM {options.Schema}.event WHERE kind = 0");
        long owner = await _schemas.ScalarAsync<long>($"SELECT owner FROM {options.Schema}.event WHERE kind = 0");
        var streams = new OwnedStreams();
        await using var query = new OwnershipQuery(options, owner);
        await using var watch = new FenceWatch(options, owner, streams, query);
        await LooksAsync(watch, 1);
        long looks = watch.Looks;
        await other.OpenAsync(stream.Id, cancellationToken: TestContext.Current.CancellationToken);

        // The looks go by while the stream is not among those that are owned.
        await LooksAsync(watch, 3);
        var opened = new OwnedStream(number, stream.Id, (int)stream.Epoch.Value, new StreamTail(2, 0, new RowKey(1, 1), 1, null, null));
        streams.Add(opened);
        await LooksAsync(watch, 3);
        Assert.Null(opened.Lost);
        watch.Opened(opened, looks);
        await LooksAsync(watch, 2);
        Assert.Equal(OwnedStream.OvertakenReason, opened.Lost);
        Assert.True(opened.WhenLost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_server_that_can_not_be_asked_is_told_of()
    {
        await using var stopping = new PostgresServer();
        await stopping.InitializeAsync();
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(stopping.ConnectionString);
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = source, Patience = TimeSpan.FromSeconds(1) }, TestContext.Current.CancellationToken);
        ILogStream stream = await OpenAsync(store, "stream");
        await stopping.CrashAsync();
        StoreUnreachableException error = await Assert.ThrowsAsync<StoreUnreachableException>(() => stream.ConfirmOwnershipAsync(TestContext.Current.CancellationToken).AsTask());
        Assert.Contains("stream", error.Message, StringComparison.Ordinal);

        // It is nobody else's for that.
        await stopping.StartAsync();
        Assert.True(await stream.ConfirmOwnershipAsync(TestContext.Current.CancellationToken));
        Assert.False(stream.OwnershipLost.IsCancellationRequested);
    }

    [Fact]
    public async Task Two_handles_of_one_stream_that_ask_at_once_get_their_own_answers()
    {
        PostgresLogStoreOptions options = New();
        await using PostgresLogStore store = await PostgresLogStore.OpenAsync(options);
        ILogStream former = await OpenAsync(store, "stream");
        ILogStream owner = await store.OpenAsync(former.Id, cancellationToken: TestContext.Current.CancellationToken);
        OwnedStream[] both = [((PostgresStream)former).Stream, ((PostgresStream)owner).Stream];
        bool[] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => store.AskAsync(both[i % 2])));
        Assert.Equal(Enumerable.Range(0, 200).Select(i => i % 2 == 1), answers);
        Assert.True(owner.IsOwner);
    }

    private static EventData Event() => new(new byte[20]);

    private static async Task<ILogStream> OpenAsync(PostgresLogStore store, string name)
    {
        ILogStream stream = await store.OpenAsync(new LogStreamId(name));
        await stream.AppendAsync(Event());
        return stream;
    }

    private static async Task IsToldAsync(ILogStream stream, Action? meanwhile = null)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!stream.OwnershipLost.IsCancellationRequested)
        {
            meanwhile?.Invoke();
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
        }
    }

    private static async Task LooksAsync(FenceWatch watch, int more)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        for (long looks = watch.Looks + more; watch.Looks < looks;)
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, patience.Token);
    }

    private PostgresLogStoreOptions New() => _schemas.New() with { FencePeriod = TimeSpan.FromMilliseconds(20) };

    /// <summary>A row behind a stream's last one, by another owner than those of the stores.</summary>
    private static string RowOf(ILogStream stream, string schema, RowKind kind)
        => $"""
            INSERT INTO {schema}.event (stream_id, seq, sub, count, epoch, owner, kind, payload, first_seq, ordinal, recorded_at)
            SELECT stream_id, seq + count, 0, {(kind == RowKind.Fence ? 0 : 1)}, epoch + 1, 7, {(short)kind}, {(kind == RowKind.Fence ? "NULL" : "payload")}, first_seq, 0, now()
            FROM {schema}.event WHERE kind = 0 AND stream_id = (SELECT id FROM {schema}.stream WHERE name = '{stream.Id}')
            """;
}
