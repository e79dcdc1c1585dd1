namespace Actors.Wal.Conformance;

/// <summary>Rules for truncations that the caller requests.</summary>
public abstract class TruncationRules(StoreBackend backend) : StoreRules(backend)
{
    [Fact]
    public async Task A_truncated_stream_keeps_its_numbers_and_refuses_what_is_gone()
    {
        await using (ILogStream stream = await OpenAsync())
        {
            await stream.AppendManyAsync(50);
            await stream.CheckpointAsync(new Sequence(40), Payloads.Of("state 40"));
            await stream.TruncateAsync(new Sequence(31));
            Assert.Equal((new Sequence(31), new Sequence(50), new Sequence(40)), (stream.First, stream.Head, stream.Checkpoint));
            Assert.Equal(new Sequence(51), (await stream.AppendAsync(Payloads.Of(51), new Sequence(50))).Last);
            await SameAsync(stream);
        }

        await ReopenAsync();
        await using ILogStream again = await OpenAsync();
        await SameAsync(again);

        static async Task SameAsync(ILogStream stream)
        {
            Assert.Equal((new Sequence(31), new Sequence(51), new Sequence(40)), (stream.First, stream.Head, stream.Checkpoint));
            Assert.Equal(Events(31, 51), await HistoryAsync(stream));
            Assert.Equal(Events(31, 51).Reverse(), await stream.ReadAsync(End, new Sequence(1)).TextsAsync());
            Assert.Empty(await stream.ReadAsync(new Sequence(1), new Sequence(30)).TextsAsync());
            Assert.Equal(["Checkpoint 40 state 40", .. Events(41, 51)], await stream.ReplayAsync().TextsAsync());
            Assert.Equal(["Checkpoint 40 state 40", .. Events(41, 51)], await stream.ReadAsOfAsync(new Sequence(51)).TextsAsync());
            foreach (int gone in new[] { 1, 30, 35 })
            {
                HistoryTruncatedException error = await Assert.ThrowsAsync<HistoryTruncatedException>(() => stream.ReadAsOfAsync(new Sequence(gone)).TextsAsync());
                Assert.Equal((Id, new Sequence(31)), (error.Stream, error.First));
            }
        }
    }

    [Fact]
    public async Task Truncation_beyond_a_checkpoint_is_rejected()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.AppendManyAsync(50);
        await Assert.ThrowsAsync<AppendRejectedException>(async () => await stream.TruncateAsync(new Sequence(10)));
        await stream.CheckpointAsync(new Sequence(40), Payloads.Of("state 40"));
        await Assert.ThrowsAsync<AppendRejectedException>(async () => await stream.TruncateAsync(new Sequence(42)));
        await Assert.ThrowsAsync<AppendRejectedException>(async () => await stream.TruncateAsync(End));
        Assert.Equal(new Sequence(1), stream.First);
        Assert.Equal(Events(1, 50), await HistoryAsync(stream));
        await stream.TruncateAsync(new Sequence(41));
        Assert.Equal(new Sequence(41), stream.First);
    }

    [Fact]
    public async Task Dropping_what_is_dropped_already_does_nothing()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.TruncateAsync(new Sequence(1));
        await stream.AppendManyAsync(10);
        await stream.TruncateAsync(new Sequence(1));
        await stream.CheckpointAsync(new Sequence(9), Payloads.Of("state 9"));
        foreach (int before in new[] { 8, 8, 5, 1, 0 })
        {
            await stream.TruncateAsync(new Sequence(before));
            Assert.Equal(new Sequence(8), stream.First);
        }

        await ReopenAsync();
        await using ILogStream again = await OpenAsync();
        Assert.Equal(Events(8, 10), await HistoryAsync(again));
    }

    [Fact]
    public async Task A_stream_can_be_left_with_its_checkpoint_alone()
    {
        await using (ILogStream stream = await OpenAsync())
        {
            await stream.AppendManyAsync(5);
            await stream.CheckpointAsync(new Sequence(5), Payloads.Of("state 5"));
            await stream.TruncateAsync(new Sequence(6));
            await SameAsync(stream);
        }

        await ReopenAsync();
        await using ILogStream again = await OpenAsync();
        await SameAsync(again);
        StreamInfo info = Assert.Single(await ListAsync());
        Assert.Equal(new StreamInfo(Id, new Sequence(5), new Sequence(6), new Sequence(5)), info);
        await again.AppendAsync(Payloads.Of(6), new Sequence(5));
        Assert.Equal(["Checkpoint 5 state 5", .. Events(6, 6)], await again.ReplayAsync().TextsAsync());
        Assert.Equal(Events(6, 6), await HistoryAsync(again));

        static async Task SameAsync(ILogStream stream)
        {
            Assert.Equal((new Sequence(5), new Sequence(6), new Sequence(5)), (stream.Head, stream.First, stream.Checkpoint));
            Assert.Equal(["Checkpoint 5 state 5"], await stream.ReplayAsync().TextsAsync());
            Assert.Equal(["Checkpoint 5 state 5"], await stream.ReadAsOfAsync(new Sequence(5)).TextsAsync());
            Assert.Empty(await HistoryAsync(stream));
            await Assert.ThrowsAsync<HistoryTruncatedException>(() => stream.ReadAsOfAsync(new Sequence(4)).TextsAsync());
        }
    }

    [Fact]
    public async Task A_checkpoint_right_before_the_first_event_still_gives_the_states_after_it()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.AppendManyAsync(20);
        await stream.CheckpointAsync(new Sequence(20), Payloads.Of("state 20"));
        await stream.AppendManyAsync(30, 21);
        await stream.CheckpointAsync(new Sequence(40), Payloads.Of("state 40"));
        await stream.TruncateAsync(new Sequence(21));
        await ReopenAsync();
        await using ILogStream again = await OpenAsync();
        Assert.Equal(["Checkpoint 20 state 20"], await again.ReadAsOfAsync(new Sequence(20)).TextsAsync());
        Assert.Equal(["Checkpoint 20 state 20", .. Events(21, 30)], await again.ReadAsOfAsync(new Sequence(30)).TextsAsync());
        Assert.Equal(["Checkpoint 40 state 40", .. Events(41, 50)], await again.ReplayAsync().TextsAsync());
    }

    [Fact]
    public async Task Truncating_one_stream_leaves_the_others_alone()
    {
        await using ILogStream stream = await OpenAsync("a");
        await using ILogStream other = await OpenAsync("b");
        foreach (ILogStream each in new[] { stream, other })
        {
            await each.AppendManyAsync(10);
            await each.CheckpointAsync(new Sequence(10), Payloads.Of("state 10"));
        }

        await stream.TruncateAsync(new Sequence(11));
        Assert.Equal(Events(1, 10), await HistoryAsync(other));
        await ReopenAsync();
        await using ILogStream again = await OpenAsync("b");
        Assert.Equal(Events(1, 10), await HistoryAsync(again));
    }
}
