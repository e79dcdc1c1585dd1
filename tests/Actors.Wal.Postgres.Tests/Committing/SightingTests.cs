using Actors.Wal.Postgres.Inspection;
using Actors.Wal.Postgres.Tests.Servers;

namespace Actors.Wal.Postgres.Tests.Committing;

/// <summary>Appends that look at no row before they go in, and those that have to.</summary>
public sealed class SightingTests(TestServer server) : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly TestSchemas _schemas = new(server);
    private readonly ManualTime _serverTime = new();
    private readonly ManualTime _ownTime = new();
    private ServerClock? _clock;

    public async ValueTask InitializeAsync() => _clock = await ServerClock.StartAsync(server, _serverTime);

    public async ValueTask DisposeAsync()
    {
        await _schemas.DisposeAsync();
        await _clock!.DisposeAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Only_the_first_append_reads_the_last_row_before(int streams)
    {
        await using PostgresLogStore store = await OpenAsync(_schemas.New());
        ILogStream[] all = await OpenAsync(store, streams);
        Assert.Equal(0, await SightedShareAsync(store, () => AppendAsync(all)));
        for (int i = 0; i < 3; i++)
        {
            _serverTime.Advance(Limit / 2);
            _ownTime.Advance(Limit / 2);
            Assert.Equal(1, await SightedShareAsync(store, () => AppendAsync(all)));
        }

        await VerifyAsync(all, 4);
    }

    [Fact]
    public async Task Checkpoints_states_truncations_and_groups_skip_the_read_too()
    {
        await using PostgresLogStore store = await OpenAsync(_schemas.New());
        ILogStream[] all = await OpenAsync(store, 2);
        await AppendAsync(all);
        Assert.Equal(1, await SightedShareAsync(store, async () =>
        {
            await all[0].CheckpointAsync(all[0].Head, Event());
            await all[0].AppendAsync(Event());
            await all[1].AppendStateAsync(Event());
            await store.AppendAtomicAsync([new StreamAppend(all[0], [Event(), Event()]), new StreamAppend(all[1], [Event()])]);
            await Task.WhenAll(all[0].TruncateAsync(new Sequence(2)).AsTask(), all[1].CheckpointAsync(all[1].Head, Event()).AsTask(), all[1].AppendAsync(Event()).AsTask());
        }));
        await VerifyAsync([all[0]], 4, first: 2);
        await VerifyAsync([all[1]], 4);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task An_append_after_a_pause_on_either_clock_reads_the_last_row_before(bool byServer, bool byOwn)
    {
        await using PostgresLogStore store = await OpenAsync(_schemas.New());
        ILogStream[] all = await OpenAsync(store, 2);
        await AppendAsync(all);
        Move(Limit - TimeSpan.FromSeconds(1));
        Assert.Equal(1, await SightedShareAsync(store, () => AppendAsync([all[0]])));
        Move(TimeSpan.FromSeconds(1));
        Assert.Equal(0, await SightedShareAsync(store, () => AppendAsync([all[1]])));
        Assert.Equal(1, await SightedShareAsync(store, () => AppendAsync(all)));
        await VerifyAsync(all, 3);

        void Move(TimeSpan by)
        {
            if (byServer)
                _serverTime.Advance(by);
            if (byOwn)
                _ownTime.Advance(by);
        }
    }

    [Fact]
    public async Task Appends_read_the_last_row_while_the_server_clock_lags_and_times_ascend()
    {
        await using PostgresLogStore store = await OpenAsync(_schemas.New());
        ILogStream[] all = await OpenAsync(store, 2);
        await AppendAsync(all);
        _serverTime.Advance(TimeSpan.FromMinutes(-1));
        Assert.Equal(0, await SightedShareAsync(store, () => AppendAsync(all)));
        Assert.Equal(0, await SightedShareAsync(store, () => AppendAsync(all)));
        _serverTime.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, await SightedShareAsync(store, () => AppendAsync(all)));
        Assert.Equal(1, await SightedShareAsync(store, () => AppendAsync(all)));
        await VerifyAsync(all, 5);
        foreach (ILogStream stream in all)
        {
            List<DateTimeOffset> times = await stream.ReadAsync(new Sequence(1), new Sequence(5)).Select(r => r.Time).ToListAsync();
            Assert.Equal(times.Order(), times);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task An_append_is_fenced_on_a_server_that_lost_the_last_rows(int streams)
    {
        await using PostgresLogStore store = await OpenAsync(_schemas.New());
        ILogStream[] all = await OpenAsync(store, streams);
        await AppendAsync(all);
        await AppendAsync(all);
        await _schemas.ExecuteAsync($"DELETE FROM {_schemas.Last}.event WHERE seq = 2 AND stream_id = (SELECT id FROM {_schemas.Last}.stream WHERE name = 's/0')");
        await _clock!.ReplaceServerAsync();
        Task<AppendResult>[] appends = [.. all.Select(s => s.AppendAsync(Event()).AsTask())];
        FencedException error = await Assert.ThrowsAsync<FencedException>(() => appends[0]);
        Assert.Contains("not those that this owner knows", error.Message, StringComparison.Ordinal);
        foreach (Task<AppendResult> append in appends[1..])
            Assert.Equal(3, (await append).Last.Value);
    }

    [Fact]
    public async Task A_TrimAfter_below_2_minutes_is_refused()
    {
        PostgresLogStoreOptions options = _schemas.New() with { TrimAfter = TimeSpan.FromMinutes(2) - TimeSpan.FromSeconds(1) };
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => OpenAsync(options));
        Assert.Contains("TrimAfter is 00:01:59; it must be 2 minutes to 30 days", error.Message, StringComparison.Ordinal);
    }

    private static EventData Event() => new(new byte[20]);

    private static Task<AppendResult[]> AppendAsync(ILogStream[] streams) => Task.WhenAll(streams.Select(s => s.AppendAsync(Event()).AsTask()));

    /// <summary>Which share of the commits of some work looked at no row.</summary>
    private static async Task<double> SightedShareAsync(PostgresLogStore store, Func<Task> work)
    {
        (long batches, long sighted) = (store.Statistics.Batches, store.Commits.Sighted);
        await work();
        return (double)(store.Commits.Sighted - sighted) / (store.Statistics.Batches - batches);
    }

    private static Task<ILogStream[]> OpenAsync(PostgresLogStore store, int streams)
        => Task.WhenAll(Enumerable.Range(0, streams).Select(i => store.OpenAsync(new LogStreamId($"s/{i}")).AsTask()));

    private static async Task<List<long>> SequencesAsync(ILogStream stream)
        => await stream.ReadAsync(new Sequence(1), new Sequence(100)).Select(r => r.Sequence.Value).ToListAsync();

    /// <summary>The streams have these events, and their rows are chains.</summary>
    private async Task VerifyAsync(ILogStream[] streams, int last, int first = 1)
    {
        foreach (ILogStream stream in streams)
            Assert.Equal(Enumerable.Range(first, last - first + 1).Select(i => (long)i), await SequencesAsync(stream));
        Assert.Empty((await new RowVerification(new PostgresLogStoreOptions { DataSource = _clock!.Source, Schema = _schemas.Last }).RunAsync(CancellationToken.None)).Problems);
    }

    private Task<PostgresLogStore> OpenAsync(PostgresLogStoreOptions options) => PostgresLogStore.OpenAsync(options with { DataSource = _clock!.Source, Time = _ownTime });
}
