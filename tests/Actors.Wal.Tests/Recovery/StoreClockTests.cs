using Actors.Wal.Clocks;
using Actors.Wal.Local;


namespace Actors.Wal.Tests.Recovery;

public sealed class StoreClockTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TestDirectory _directory = new();
    private readonly MachineTime _machine = new(Start);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_clock_that_is_set_by_less_than_a_day_is_followed()
    {
        var clock = new StoreClock(_machine, null);
        _machine.Now += TimeSpan.FromHours(23);
        Assert.Equal(_machine.Now, clock.GetUtcNow());
        _machine.Now -= TimeSpan.FromHours(40);
        Assert.Equal(_machine.Now, clock.GetUtcNow());
        Assert.Equal(TimeSpan.Zero, clock.Behind);
    }

    [Fact]
    public void A_jump_of_years_is_caught_up_with_at_24_times_real_time()
    {
        var clock = new StoreClock(_machine, null);
        _machine.Now = Start.AddYears(70);
        Assert.Equal(Start.AddDays(1), clock.GetUtcNow());
        for (int second = 1; second <= 3600; second++)
        {
            _machine.Run(TimeSpan.FromSeconds(1));
            Assert.Equal(Start.AddDays(1).AddSeconds(24 * second), clock.GetUtcNow());
        }

        Assert.Equal(_machine.Now - Start.AddDays(2), clock.Behind);
        _machine.Now = Start.AddHours(1);
        Assert.Equal(_machine.Now, clock.GetUtcNow());
        Assert.Equal(TimeSpan.Zero, clock.Behind);
    }

    [Fact]
    public void Small_jumps_do_not_add_up_to_a_large_one()
    {
        var clock = new StoreClock(_machine, null);
        for (int i = 0; i < 100; i++)
        {
            _machine.Now += TimeSpan.FromHours(20);
            clock.GetUtcNow();
        }

        Assert.Equal(Start.AddDays(1), clock.GetUtcNow());
    }

    [Fact]
    public void A_store_that_was_closed_for_long_has_the_right_time_at_once_and_trusts_it_later()
    {
        _machine.Now = Start.AddDays(100);
        var clock = new StoreClock(_machine, Start);
        Assert.Equal(_machine.Now, clock.GetUtcNow());
        Assert.Equal(Start.AddDays(1), clock.GetTrustedNow());
        _machine.Run(TimeSpan.FromDays(5));
        Assert.Equal(_machine.Now, clock.GetTrustedNow());
    }

    [Fact]
    public void A_clock_at_the_end_of_the_calendar_is_followed()
    {
        _machine.Now = DateTimeOffset.MaxValue;
        var clock = new StoreClock(_machine, DateTimeOffset.MaxValue - TimeSpan.FromSeconds(1));
        Assert.Equal(DateTimeOffset.MaxValue, clock.GetUtcNow());
        Assert.Equal(DateTimeOffset.MaxValue, clock.GetTrustedNow());
        _machine.Now = Start;
        Assert.Equal(Start, clock.GetUtcNow());
    }

    [Fact]
    public async Task History_and_times_survive_a_clock_that_jumps_forward_while_the_store_is_open_or_closed()
    {
        await using (LocalLogStore store = await OpenAsync())
        await using (ILogStream stream = await OpenAsync(store))
        {
            await stream.AppendAsync(Payloads.Of(1), cancellationToken: TestContext.Current.CancellationToken);
            await stream.CheckpointAsync(new Sequence(1), Payloads.Of("one"), TestContext.Current.CancellationToken);
            _machine.Now = Start.AddYears(70);
            await stream.AppendAsync(Payloads.Of(2), cancellationToken: TestContext.Current.CancellationToken);
            await stream.CheckpointAsync(new Sequence(2), Payloads.Of("two"), TestContext.Current.CancellationToken);
            Assert.Equal(1, stream.First.Value);
            Assert.True(store.Statistics.ClockAhead > TimeSpan.FromDays(25_000));
            _machine.Now = Start;
            _machine.Run(TimeSpan.FromDays(2));
            AppendResult after = await stream.AppendAsync(Payloads.Of(3), cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal(_machine.Now, await TimeOfAsync(stream, after.Last));
        }

        _machine.Now = Start.AddYears(70);
        await using (LocalLogStore store = await OpenAsync())
        await using (ILogStream stream = await OpenAsync(store))
        {
            await stream.CheckpointAsync(new Sequence(3), Payloads.Of("three"), TestContext.Current.CancellationToken);
            Assert.Equal(1, stream.First.Value);
        }
    }

    private Task<LocalLogStore> OpenAsync() => LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = _directory.Path, Time = _machine }, TestContext.Current.CancellationToken);

    private static async Task<ILogStream> OpenAsync(LocalLogStore store)
        => await store.OpenAsync(new LogStreamId("a"), new StreamOptions { Retention = Retention.For(TimeSpan.FromDays(30)) }, TestContext.Current.CancellationToken);

    private static async Task<DateTimeOffset> TimeOfAsync(ILogStream stream, Sequence sequence)
    {
        await foreach (LogRecord record in stream.ReadAsync(sequence, sequence, TestContext.Current.CancellationToken))
            return record.Time;
        throw new InvalidOperationException("There is no such event.");
    }

    /// <summary>A clock that can be set, beside one that only runs.</summary>
    private sealed class MachineTime(DateTimeOffset now) : TimeProvider
    {
        private long _ticks;

        public DateTimeOffset Now { get; set; } = now;

        public void Run(TimeSpan by)
        {
            Now += by;
            _ticks += by.Ticks;
        }

        public override DateTimeOffset GetUtcNow() => Now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;
    }
}
