namespace Actors.Wal.Tests.Streams;

public sealed class RetentionTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TestDirectory _directory = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("All")]
    [InlineData("1 checkpoint")]
    [InlineData("12 checkpoints")]
    [InlineData("90.00:00:00")]
    [InlineData("00:00:01")]
    public void What_is_written_is_read_again(string text) => Assert.Equal(text, Retention.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("90")]
    [InlineData("0 checkpoints")]
    [InlineData("1001 checkpoints")]
    [InlineData("3 check")]
    [InlineData("3 apples")]
    [InlineData("00:00:00")]
    [InlineData("-1.00:00:00")]
    [InlineData("40000.00:00:00")]
    public void Anything_else_is_refused_with_what_is_allowed(string text)
    {
        FormatException error = Assert.Throws<FormatException>(() => Retention.Parse(text));
        Assert.Contains($"'{text}' is no retention; use All, '3 checkpoints' (1 to 1000), or a time span", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_is_kept_where_nothing_is_said()
    {
        await using LocalLogStore store = await OpenAsync();
        await using ILogStream stream = await WriteAsync(store, Retention.All);
        Assert.Equal(new Sequence(1), stream.First);
        Assert.Equal("Event 1 event 1", (await stream.ReadAsOfAsync(new Sequence(1)).TextsAsync())[0]);
    }

    [Fact]
    public async Task The_last_checkpoint_drops_what_came_before_it()
    {
        await using (LocalLogStore store = await OpenAsync())
        {
            await using ILogStream stream = await WriteAsync(store, Retention.Last);
            await SameAsync(stream);
        }

        await using LocalLogStore again = await OpenAsync();
        await SameAsync(await again.OpenAsync(new StreamId("s"), cancellationToken: TestContext.Current.CancellationToken));

        static async Task SameAsync(ILogStream stream)
        {
            Assert.Equal(new Sequence(41), stream.First);
            Assert.Equal(["Checkpoint 40 state 40", "Event 41 event 41", "Event 42 event 42"], await stream.ReplayAsync().TextsAsync());
            Assert.Equal(["Checkpoint 40 state 40"], await stream.ReadAsOfAsync(new Sequence(40)).TextsAsync());
            Assert.Equal(["Event 41 event 41", "Event 42 event 42"], await stream.ReadAsync(new Sequence(1), new Sequence(100)).TextsAsync());
            await Assert.ThrowsAsync<HistoryTruncatedException>(() => stream.ReadAsOfAsync(new Sequence(39)).TextsAsync());
        }
    }

    [Fact]
    public async Task So_many_checkpoints_are_kept_with_the_events_after_the_first_of_them()
    {
        await using LocalLogStore store = await OpenAsync();
        await using ILogStream stream = await WriteAsync(store, Retention.Newest(3));
        Assert.Equal(new Sequence(21), stream.First);
        Assert.Equal(["Checkpoint 20 state 20"], await stream.ReadAsOfAsync(new Sequence(20)).TextsAsync());
        Assert.Equal(["Checkpoint 20 state 20", "Event 21 event 21"], await stream.ReadAsOfAsync(new Sequence(21)).TextsAsync());
        Assert.Equal(["Checkpoint 30 state 30", "Event 31 event 31"], await stream.ReadAsOfAsync(new Sequence(31)).TextsAsync());
        await Assert.ThrowsAsync<HistoryTruncatedException>(() => stream.ReadAsOfAsync(new Sequence(19)).TextsAsync());
    }

    [Fact]
    public async Task The_state_at_any_time_within_the_span_is_known()
    {
        await using LocalLogStore store = await OpenAsync();
        await using ILogStream stream = await WriteAsync(store, Retention.For(TimeSpan.FromMinutes(15)));
        // The last checkpoint was taken at minute 40; the state of minute 25 needs the one of minute 20.
        Assert.Equal(new Sequence(21), stream.First);
        Assert.Equal(["Checkpoint 20 state 20", "Event 21 event 21", "Event 22 event 22", "Event 23 event 23", "Event 24 event 24", "Event 25 event 25"],
            await stream.ReadAsOfAsync(Start.AddMinutes(25.5)).TextsAsync());
        Assert.Equal(["Checkpoint 20 state 20"], await stream.ReadAsOfAsync(Start.AddMinutes(20.5)).TextsAsync());
        await Assert.ThrowsAsync<HistoryTruncatedException>(() => stream.ReadAsOfAsync(Start.AddMinutes(19.5)).TextsAsync());
    }

    [Fact]
    public async Task States_keep_as_many_as_they_are_told()
    {
        await using LocalLogStore store = await OpenAsync();
        await using ILogStream one = await store.OpenAsync(new StreamId("one"), new StreamOptions { Retention = Retention.Last }, TestContext.Current.CancellationToken);
        await using ILogStream three = await store.OpenAsync(new StreamId("three"), new StreamOptions { Retention = Retention.Newest(3) }, TestContext.Current.CancellationToken);
        for (int i = 1; i <= 9; i++)
        {
            await one.AppendStateAsync(Payloads.Of($"state {i}"), cancellationToken: TestContext.Current.CancellationToken);
            await three.AppendStateAsync(Payloads.Of($"state {i}"), cancellationToken: TestContext.Current.CancellationToken);
        }

        Assert.Equal(["State 9 state 9"], await one.ReadAsync(new Sequence(1), new Sequence(9)).TextsAsync());
        Assert.Equal(["State 9 state 9"], await one.ReplayAsync().TextsAsync());
        Assert.Equal(["State 7 state 7"], await three.ReadAsOfAsync(new Sequence(7)).TextsAsync());
        await Assert.ThrowsAsync<HistoryTruncatedException>(() => three.ReadAsOfAsync(new Sequence(6)).TextsAsync());
    }

    [Fact]
    public async Task A_checkpoint_behind_the_head_keeps_the_events_after_it()
    {
        await using LocalLogStore store = await OpenAsync();
        await using ILogStream stream = await store.OpenAsync(new StreamId("s"), new StreamOptions { Retention = Retention.Last }, TestContext.Current.CancellationToken);
        await stream.AppendManyAsync(10);
        await stream.CheckpointAsync(new Sequence(8), Payloads.Of("state 8"), TestContext.Current.CancellationToken);
        Assert.Equal(["Checkpoint 8 state 8", "Event 9 event 9", "Event 10 event 10"], await stream.ReplayAsync().TextsAsync());
        Assert.Equal(["Checkpoint 8 state 8", "Event 9 event 9"], await stream.ReadAsOfAsync(new Sequence(9)).TextsAsync());
    }

    /// <summary>An event each minute, and a checkpoint with every tenth.</summary>
    private async Task<ILogStream> WriteAsync(LocalLogStore store, Retention retention)
    {
        ILogStream stream = await store.OpenAsync(new StreamId("s"), new StreamOptions { Retention = retention }, TestContext.Current.CancellationToken);
        for (int i = 1; i <= 42; i++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await stream.AppendAsync(Payloads.Of(i), cancellationToken: TestContext.Current.CancellationToken);
            if (i % 10 == 0)
                await stream.CheckpointAsync(new Sequence(i), Payloads.Of($"state {i}"), TestContext.Current.CancellationToken);
        }

        return stream;
    }

    private Task<LocalLogStore> OpenAsync() => _directory.OpenAsync(o => o with { Time = _time });
}
