namespace Actors.Wal.Conformance;

/// <summary>Rules for a store's counts, and for when records are durable.</summary>
public abstract class StatisticsRules(StoreBackend backend) : StoreRules(backend)
{
    [Fact]
    public async Task Streams_are_counted_and_so_are_those_that_are_open()
    {
        await using (ILogStream a = await OpenAsync("a"))
        {
            await using ILogStream b = await OpenAsync("b");
            Assert.Equal((0, 2), Counts());
            await a.AppendManyAsync(3);
            await b.AppendAsync(Payloads.Of(1));
            Assert.Equal((2, 2), Counts());
            await b.DeleteAsync();
            Assert.Equal(1, Store.Statistics.Streams);
        }

        Assert.Equal((1, 0), Counts());
        await ReopenAsync();
        Assert.Equal((1, 0), Counts());

        (long, long) Counts() => (Store.Statistics.Streams, Store.Statistics.OpenStreams);
    }

    [Fact]
    public async Task Appended_frames_are_counted_since_the_opening()
    {
        Assert.Equal(0, Store.Statistics.AppendedFrames);
        long bytes = Store.Statistics.AppendedBytes;
        await using (ILogStream stream = await OpenAsync())
        {
            await stream.AppendAsync(new EventData(new byte[1000]));
            Assert.Equal(1, Store.Statistics.AppendedFrames);
            await stream.AppendAsync([new EventData(new byte[1000]), new EventData(new byte[1000])]);
            await stream.AppendStateAsync(new EventData(new byte[1000]));
            Assert.Equal(4, Store.Statistics.AppendedFrames);
            await Assert.ThrowsAsync<SequenceConflictException>(async () => await stream.AppendAsync(Payloads.Of(1), new Sequence(9)));
            Assert.Equal(4, Store.Statistics.AppendedFrames);
        }

        StoreStatistics statistics = Store.Statistics;
        Assert.True(statistics.AppendedBytes >= bytes + 4000);
        Assert.InRange(statistics.Batches, 1, long.MaxValue);
        Assert.Null(statistics.Failure);
        await ReopenAsync();
        Assert.Equal(0, Store.Statistics.AppendedFrames);
    }

    [Fact]
    public async Task An_acknowledged_append_is_published_and_durable_unless_its_policy_says_otherwise()
    {
        await using ILogStream strict = await OpenAsync("strict");
        for (int i = 1; i <= 20; i++)
        {
            Lsn last = (await strict.AppendAsync(Payloads.Of(i))).LastLsn;
            StoreStatistics statistics = Store.Statistics;
            Assert.True(statistics.Published >= last);
            Assert.True(statistics.Durable >= last);
        }

        foreach (SyncPolicy policy in new[] { SyncPolicy.Never, SyncPolicy.Every(TimeSpan.FromHours(1)) })
        {
            await using ILogStream lazy = await Store.OpenAsync(new LogStreamId($"{policy}"), new StreamOptions { Sync = policy });
            Lsn last = (await lazy.AppendAsync(Payloads.Of(1))).LastLsn;
            Assert.True(Store.Statistics.Published >= last);
            await Store.FlushAsync();
            Assert.True(Store.Statistics.Durable >= last);
            last = (await lazy.AppendAsync(Payloads.Of(2))).LastLsn;
            await strict.AppendAsync(Payloads.Of(1));
            Assert.True(Store.Statistics.Durable >= last);
        }
    }

    [Fact]
    public async Task Acknowledged_appends_survive_a_clean_close_under_every_sync_policy()
    {
        SyncPolicy[] policies = [SyncPolicy.Always, SyncPolicy.Never, SyncPolicy.Every(TimeSpan.FromHours(1))];
        foreach (SyncPolicy policy in policies)
        {
            await ReopenAsync(s => s with { Sync = policy });
            await using ILogStream stream = await OpenAsync($"{policy}");
            await Task.WhenAll(Enumerable.Range(1, 50).Select(i => stream.AppendAsync(Payloads.Of(i)).AsTask()));
            await stream.CheckpointAsync(new Sequence(20), Payloads.Of("state 20"));
        }

        await ReopenAsync();
        foreach (SyncPolicy policy in policies)
        {
            await using ILogStream stream = await OpenAsync($"{policy}");
            Assert.Equal(["Checkpoint 20 state 20", .. Events(21, 50)], await stream.ReplayAsync().TextsAsync());
        }
    }
}
