namespace Actors.Wal.Conformance;

/// <summary>Rules for times, states as of a time, and retention by time. They need a store whose clock the test can set.</summary>
public abstract class TimeRules(StoreBackend backend) : StoreRules(backend)
{
    private readonly ManualTime _time = new();

    protected override StoreSettings Adapt(StoreSettings settings) => settings with { Time = _time };

    [Fact]
    public async Task A_record_has_the_time_at_which_it_was_accepted()
    {
        await using ILogStream stream = await OpenAsync();
        var times = new List<DateTimeOffset>();
        for (int i = 1; i <= 10; i++)
        {
            _time.Advance(TimeSpan.FromMicroseconds(i * 1001));
            times.Add(_time.GetUtcNow());
            await stream.AppendAsync(Payloads.Of(i));
        }

        await ReopenAsync();
        await using ILogStream again = await OpenAsync();
        List<LogRecord> records = await again.ReplayAsync().CopiesAsync();
        Assert.Equal(times, records.Select(r => r.Time));
        Assert.All(records, r => Assert.Equal(TimeSpan.Zero, r.Time.Offset));
    }

    [Fact]
    public async Task Times_of_a_stream_never_decrease_though_the_clock_does()
    {
        foreach (IReadOnlyList<DateTimeOffset> times in await TimesWhileTheClockGoesBackAsync("a", "b"))
            Assert.Single(times.Distinct());
    }

    [Fact]
    public async Task State_as_of_a_time_ends_with_the_last_event_before_it()
    {
        DateTimeOffset start = _time.GetUtcNow();
        await using ILogStream stream = await OpenAsync();
        for (int i = 1; i <= 300; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await stream.AppendAsync(Payloads.Of(i));
        }

        Assert.Empty(await stream.ReadAsOfAsync(start).TextsAsync());
        Assert.Empty(await stream.ReadAsOfAsync(start.AddSeconds(0.999)).TextsAsync());
        foreach (int second in new[] { 1, 2, 16, 17, 100, 255, 256, 257, 299, 300, 5000 })
        {
            Assert.Equal(Events(1, Math.Min(second, 300)), await stream.ReadAsOfAsync(start.AddSeconds(second)).TextsAsync());
            Assert.Equal(Events(1, Math.Min(second, 300)), await stream.ReadAsOfAsync(start.AddSeconds(second + 0.5)).TextsAsync());
        }

        // The same moment with another UTC offset.
        Assert.Equal(Events(1, 9), await stream.ReadAsOfAsync(start.AddSeconds(9.5).ToOffset(TimeSpan.FromHours(5))).TextsAsync());
        await stream.CheckpointAsync(new Sequence(300), Payloads.Of("state 300"));
        Assert.Equal(Events(1, 9), await stream.ReadAsOfAsync(start.AddSeconds(9)).TextsAsync());
        GivesState(300, await stream.ReadAsOfAsync(_time.GetUtcNow()).TextsAsync());
    }

    [Fact]
    public async Task State_as_of_a_time_includes_all_events_of_that_time()
    {
        DateTimeOffset start = _time.GetUtcNow();
        await using ILogStream stream = await OpenAsync();
        for (int i = 1; i <= 30; i += 10)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await stream.AppendAsync([.. Enumerable.Range(i, 5).Select(Payloads.Of)]);
            await stream.AppendManyAsync(5, i + 5);
        }

        Assert.Equal(Events(1, 20), await stream.ReadAsOfAsync(start.AddSeconds(2)).TextsAsync());
        Assert.Equal(Events(1, 10), await stream.ReadAsOfAsync(start.AddSeconds(1.5)).TextsAsync());
    }

    [Fact]
    public async Task State_as_of_a_time_whose_history_was_dropped_is_refused()
    {
        DateTimeOffset start = _time.GetUtcNow();
        await using ILogStream stream = await OpenAsync();
        for (int i = 1; i <= 30; i++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await stream.AppendAsync(Payloads.Of(i));
            if (i % 10 == 0)
                await stream.CheckpointAsync(new Sequence(i), Payloads.Of($"state {i}"));
        }

        await stream.TruncateAsync(new Sequence(21));
        Assert.Equal(["Checkpoint 20 state 20"], await stream.ReadAsOfAsync(start.AddMinutes(20.5)).TextsAsync());
        Assert.Equal(["Checkpoint 20 state 20", .. Events(21, 25)], await stream.ReadAsOfAsync(start.AddMinutes(25)).TextsAsync());
        HistoryTruncatedException error = await Assert.ThrowsAsync<HistoryTruncatedException>(() => stream.ReadAsOfAsync(start.AddMinutes(19.5)).TextsAsync());
        Assert.Equal((Id, new Sequence(21)), (error.Stream, error.First));
        await Assert.ThrowsAsync<HistoryTruncatedException>(() => stream.ReadAsOfAsync(start).TextsAsync());
    }

    [Fact]
    public async Task The_state_at_any_time_within_the_span_is_known()
    {
        DateTimeOffset start = _time.GetUtcNow();
        await using ILogStream stream = await OpenAsync(retention: Retention.For(TimeSpan.FromMinutes(15)));
        for (int i = 1; i <= 42; i++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await stream.AppendAsync(Payloads.Of(i));
            if (i % 10 == 0)
                await stream.CheckpointAsync(new Sequence(i), Payloads.Of($"state {i}"));
        }

        // The last checkpoint was taken at minute 40. The state of minute 25 needs the checkpoint of minute 20.
        Assert.Equal(new Sequence(21), stream.First);
        Assert.Equal(["Checkpoint 20 state 20", .. Events(21, 25)], await stream.ReadAsOfAsync(start.AddMinutes(25.5)).TextsAsync());
        Assert.Equal(["Checkpoint 20 state 20"], await stream.ReadAsOfAsync(start.AddMinutes(20.5)).TextsAsync());
        await Assert.ThrowsAsync<HistoryTruncatedException>(() => stream.ReadAsOfAsync(start.AddMinutes(19.5)).TextsAsync());
    }

    [Fact]
    public async Task States_within_the_span_are_known_too()
    {
        DateTimeOffset start = _time.GetUtcNow();
        await using ILogStream stream = await OpenAsync(retention: Retention.For(TimeSpan.FromMinutes(15)));
        for (int i = 1; i <= 40; i++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await stream.AppendStateAsync(Payloads.Of($"state {i}"));
        }

        for (int minute = 25; minute <= 40; minute++)
            Assert.Equal([$"State {minute} state {minute}"], await stream.ReadAsOfAsync(start.AddMinutes(minute + 0.5)).TextsAsync());
        Assert.InRange(stream.First.Value, 20, 26);
    }

    /// <summary>Appends to the streams in turn, an hour earlier by the clock each time. Returns the records' times by stream.</summary>
    protected async Task<List<IReadOnlyList<DateTimeOffset>>> TimesWhileTheClockGoesBackAsync(params string[] names)
    {
        for (int opening = 0; opening < 3; opening++)
        {
            foreach (string name in names)
            {
                await using ILogStream stream = await OpenAsync(name);
                await stream.AppendAsync(Payloads.Of(opening));
                _time.Advance(TimeSpan.FromHours(-1));
            }

            await ReopenAsync();
        }

        var times = new List<IReadOnlyList<DateTimeOffset>>();
        foreach (string name in names)
        {
            await using ILogStream stream = await OpenAsync(name);
            times.Add([.. (await stream.ReplayAsync().CopiesAsync()).Select(r => r.Time)]);
        }

        return times;
    }
}
