using Actors.Wal.Local;

namespace Actors.Wal.Tests.Commit;

public sealed class SyncPolicyTests : IDisposable
{
    private static readonly LogStreamId Id = new("account/1");

    private readonly TestDirectory _directory = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Never_acknowledges_without_a_flush()
    {
        await using SteppedStore stepped = Open(SyncPolicy.Never);
        ILogStream stream = await stepped.Store.OpenAsync(Id);
        await AppendAsync(stepped, stream);
        Assert.Equal(1, stepped.Store.Statistics.Flushes);
        Assert.Equal(Lsn.Zero, stepped.Store.Statistics.Durable);
        Assert.Equal(new Lsn(1), stepped.Store.Statistics.Published);
        _time.Advance(TimeSpan.FromHours(2));
        Assert.False(stepped.Step());
    }

    [Fact]
    public async Task An_interval_flushes_when_its_time_has_come()
    {
        await using SteppedStore stepped = Open(SyncPolicy.Every(TimeSpan.FromMilliseconds(100)));
        ILogStream stream = await stepped.Store.OpenAsync(Id);
        await AppendAsync(stepped, stream);
        await AppendAsync(stepped, stream);
        Assert.Equal(Lsn.Zero, stepped.Store.Statistics.Durable);
        Assert.Equal(TimeSpan.FromMilliseconds(100), stepped.Store.Parts.Committer.UntilDue());
        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.False(stepped.Step());
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(stepped.Step());
        Assert.Equal(new Lsn(2), stepped.Store.Statistics.Durable);
    }

    [Fact]
    public async Task An_interval_is_kept_while_appends_never_pause()
    {
        await using SteppedStore stepped = Open(SyncPolicy.Every(TimeSpan.FromMilliseconds(10)));
        ILogStream stream = await stepped.Store.OpenAsync(Id);
        var notDurable = new Queue<(Lsn Lsn, long At)>();
        for (int i = 0; i < 1000; i++)
        {
            ValueTask<AppendResult> append = stream.AppendAsync(new EventData(new byte[100]));
            stepped.Store.Parts.Supply.Step();
            Assert.True(stepped.Step());
            notDurable.Enqueue(((await append).LastLsn, _time.GetTimestamp()));
            while (notDurable.TryPeek(out (Lsn Lsn, long At) oldest) && oldest.Lsn <= stepped.Store.Statistics.Durable)
                notDurable.Dequeue();
            if (notDurable.TryPeek(out (Lsn Lsn, long At) waits))
                Assert.InRange(_time.GetElapsedTime(waits.At), TimeSpan.Zero, TimeSpan.FromMilliseconds(9));
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        // One flush for each interval, and one for each segment that was left.
        Assert.InRange(stepped.Store.Statistics.Flushes, 1000 / 11, (1000 / 10) + stepped.Store.Statistics.Segments + 1);
    }

    [Fact]
    public async Task An_always_append_makes_all_earlier_batches_durable()
    {
        await using SteppedStore stepped = Open(SyncPolicy.Never);
        ILogStream lazy = await stepped.Store.OpenAsync(Id);
        ILogStream strict = await stepped.Store.OpenAsync(new LogStreamId("strict"), new StreamOptions { Sync = SyncPolicy.Always });
        await AppendAsync(stepped, lazy);
        await AppendAsync(stepped, lazy);
        await AppendAsync(stepped, strict);
        Assert.Equal(new Lsn(3), stepped.Store.Statistics.Durable);
    }

    [Fact]
    public async Task A_flush_on_request_makes_everything_durable()
    {
        await using SteppedStore stepped = Open(SyncPolicy.Never);
        ILogStream stream = await stepped.Store.OpenAsync(Id);
        await AppendAsync(stepped, stream);
        ValueTask flush = stepped.Store.FlushAsync();
        stepped.StepAll();
        await flush;
        Assert.Equal(new Lsn(1), stepped.Store.Statistics.Durable);
    }

    [Fact]
    public async Task Truncation_and_deletion_are_durable_whatever_the_policy()
    {
        await using SteppedStore stepped = Open(SyncPolicy.Never);
        ILogStream stream = await stepped.Store.OpenAsync(Id);
        await AppendAsync(stepped, stream);
        ValueTask delete = stream.DeleteAsync();
        stepped.StepAll();
        await delete;
        Assert.Equal(new Lsn(2), stepped.Store.Statistics.Durable);
    }

    [Fact]
    public async Task A_lost_unflushed_batch_is_a_cut_and_not_damage()
    {
        await using SteppedStore stepped = Open(SyncPolicy.Never);
        ILogStream stream = await stepped.Store.OpenAsync(Id);
        for (int i = 0; i < 3; i++)
            await AppendAsync(stepped, stream);
        using TestDirectory image = _directory.Image();

        // The power went: the second of three unflushed batches did not arrive, the third did.
        string segment = image.Segments[0];
        byte[] bytes = File.ReadAllBytes(segment);
        Array.Clear(bytes, 512 + 512 + 512, 512);
        File.WriteAllBytes(segment, bytes);
        await using LocalLogStore store = await image.OpenAsync();
        Assert.NotNull(store.Recovery.Torn);
        Assert.Equal(new Lsn(1), store.Recovery.LastLsn);
    }

    /// <summary>They waited for a flush that nobody asked for, and kept their files open.</summary>
    [Fact]
    public async Task Full_segments_get_footers_without_a_requested_flush()
    {
        await using SteppedStore stepped = Open(SyncPolicy.Never);
        ILogStream stream = await stepped.Store.OpenAsync(Id);
        while (stepped.Store.Statistics.Segments < 6)
        {
            ValueTask<AppendResult> append = stream.AppendAsync(new EventData(new byte[30_000]));
            stepped.StepAll();
            await append;
        }

        stepped.StepAll();

        // All but the one that is written and the one before, whose successor is not durable yet.
        Assert.All(_directory.Segments.Take(4), file => Assert.InRange(new FileInfo(file).Length, 1, _directory.Options.SegmentBytes - 1));
    }

    [Theory]
    [InlineData("Always", nameof(SyncMode.Always), 0)]
    [InlineData("never", nameof(SyncMode.Never), 0)]
    [InlineData("00:00:00.050", nameof(SyncMode.Interval), 50)]
    public void A_policy_reads_from_text(string text, string mode, int milliseconds)
    {
        SyncPolicy policy = SyncPolicy.Parse(text);
        Assert.Equal(mode, policy.Mode.ToString());
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), policy.Interval);
    }

    [Theory]
    [InlineData("sometimes")]
    [InlineData("02:00:00")]
    [InlineData("00:00:00")]
    public void Other_text_is_no_policy(string text) => Assert.Throws<FormatException>(() => SyncPolicy.Parse(text));

    private SteppedStore Open(SyncPolicy policy) => new(_directory.Options with { Sync = policy, Time = _time, SegmentAge = null });

    private static async Task AppendAsync(SteppedStore stepped, ILogStream stream)
    {
        ValueTask<AppendResult> append = stream.AppendAsync(Payloads.Of("x"));
        stepped.StepAll();
        await append;
    }
}
