namespace Actors.Wal.Conformance;

/// <summary>Rules for checkpoints and state records: replay starts at the last one.</summary>
public abstract class CheckpointRules(StoreBackend backend) : StoreRules(backend)
{
    [Fact]
    public async Task A_checkpoint_at_a_negative_sequence_is_refused()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.AppendManyAsync(3);
        foreach (long at in new[] { -1L, -5, long.MinValue })
            await Assert.ThrowsAnyAsync<AppendRejectedException>(async () => await stream.CheckpointAsync(new Sequence(at), Payloads.Of("state")));
        await using ILogStream empty = await OpenAsync("empty");
        await Assert.ThrowsAnyAsync<AppendRejectedException>(async () => await empty.CheckpointAsync(new Sequence(-5), Payloads.Of("state")));
        Assert.Equal(new Sequence(4), (await stream.AppendAsync(Payloads.Of(4))).Last);
        Assert.Equal(new Sequence(1), (await empty.AppendAsync(Payloads.Of(1))).Last);
    }

    [Fact]
    public async Task Checkpoint_and_tail_replace_full_replay()
    {
        await using (ILogStream stream = await OpenAsync())
        {
            await stream.AppendManyAsync(10);
            await stream.CheckpointAsync(new Sequence(7), Payloads.Of("state 7"));
            Assert.Equal((new Sequence(10), new Sequence(7)), (stream.Head, stream.Checkpoint));
            Assert.Equal(["Checkpoint 7 state 7", .. Events(8, 10)], await stream.ReplayAsync().TextsAsync());
            await stream.AppendManyAsync(2, 11);
            await SameAsync(stream);
        }

        await using (ILogStream stream = await OpenAsync())
            await SameAsync(stream);
        await ReopenAsync();
        await using ILogStream again = await OpenAsync();
        await SameAsync(again);

        static async Task SameAsync(ILogStream stream)
        {
            Assert.Equal((new Sequence(12), new Sequence(7), new Sequence(1)), (stream.Head, stream.Checkpoint, stream.First));
            Assert.Equal(["Checkpoint 7 state 7", .. Events(8, 12)], await stream.ReplayAsync().TextsAsync());
        }
    }

    [Fact]
    public async Task A_checkpoint_at_the_head_is_all_that_is_replayed()
    {
        await using ILogStream stream = await OpenAsync();
        for (int round = 1; round <= 5; round++)
        {
            await stream.AppendManyAsync(10, (round * 10) - 9);
            await stream.CheckpointAsync(stream.Head, Payloads.Of($"state {stream.Head}"));
            Assert.Equal([$"Checkpoint {stream.Head} state {stream.Head}"], await stream.ReplayAsync().TextsAsync());
        }

        await ReopenAsync();
        await using ILogStream again = await OpenAsync();
        Assert.Equal((new Sequence(50), new Sequence(50)), (again.Head, again.Checkpoint));
        Assert.Equal(["Checkpoint 50 state 50"], await again.ReplayAsync().TextsAsync());
    }

    [Fact]
    public async Task A_checkpoint_takes_no_sequence_and_is_no_event()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.AppendManyAsync(3);
        await stream.CheckpointAsync(new Sequence(2), Payloads.Of("state 2"));
        await stream.CheckpointAsync(new Sequence(3), Payloads.Of("state 3"));
        AppendResult result = await stream.AppendAsync(Payloads.Of(4), new Sequence(3));
        Assert.Equal((new Sequence(4), new Sequence(4)), (result.First, result.Last));
        Assert.Equal(Events(1, 4), await HistoryAsync(stream));
        Assert.Equal(Events(1, 4).Reverse(), await stream.ReadAsync(End, new Sequence(1)).TextsAsync());
    }

    [Fact]
    public async Task A_checkpoint_ahead_of_the_head_or_behind_the_last_one_is_rejected()
    {
        await using ILogStream stream = await OpenAsync();
        await Assert.ThrowsAsync<AppendRejectedException>(async () => await stream.CheckpointAsync(new Sequence(1), Payloads.Of("1")));
        await stream.AppendManyAsync(5);
        await stream.CheckpointAsync(new Sequence(4), Payloads.Of("4"));
        await Assert.ThrowsAsync<AppendRejectedException>(async () => await stream.CheckpointAsync(new Sequence(6), Payloads.Of("6")));
        await Assert.ThrowsAsync<AppendRejectedException>(async () => await stream.CheckpointAsync(new Sequence(3), Payloads.Of("3")));
        Assert.Equal(["Checkpoint 4 4", .. Events(5, 5)], await stream.ReplayAsync().TextsAsync());
        await stream.AppendStateAsync(Payloads.Of("6"));
        await Assert.ThrowsAsync<AppendRejectedException>(async () => await stream.CheckpointAsync(new Sequence(5), Payloads.Of("5")));
        Assert.Equal(["State 6 6"], await stream.ReplayAsync().TextsAsync());
    }

    [Fact]
    public async Task A_checkpoint_at_the_sequence_of_the_last_one_replaces_it()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.AppendManyAsync(5);
        await stream.CheckpointAsync(new Sequence(4), Payloads.Of("4"));
        await stream.CheckpointAsync(new Sequence(4), Payloads.Of("4 again"));
        Assert.Equal(["Checkpoint 4 4 again", .. Events(5, 5)], await stream.ReplayAsync().TextsAsync());
        await ReopenAsync();
        await using ILogStream again = await OpenAsync();
        Assert.Equal(["Checkpoint 4 4 again", .. Events(5, 5)], await again.ReplayAsync().TextsAsync());
    }

    [Fact]
    public async Task A_state_is_an_event_and_its_checkpoint_in_one()
    {
        await using (ILogStream stream = await OpenAsync())
        {
            for (int i = 1; i <= 40; i++)
            {
                AppendResult result = await stream.AppendStateAsync(Payloads.Of($"state {i}"), new Sequence(i - 1));
                Assert.Equal((new Sequence(i), new Sequence(i)), (result.First, result.Last));
                Assert.Equal((new Sequence(i), new Sequence(i)), (stream.Head, stream.Checkpoint));
            }
        }

        await ReopenAsync();
        await using ILogStream again = await OpenAsync();
        Assert.Equal(["State 40 state 40"], await again.ReplayAsync().TextsAsync());
        await again.AppendAsync(Payloads.Of(41));
        Assert.Equal(["State 40 state 40", .. Events(41, 41)], await again.ReplayAsync().TextsAsync());
        Assert.Equal([.. Enumerable.Range(1, 40).Select(i => $"State {i} state {i}"), .. Events(41, 41)], await HistoryAsync(again));
        await again.CheckpointAsync(new Sequence(41), Payloads.Of("state 41"));
        Assert.Equal(["Checkpoint 41 state 41"], await again.ReplayAsync().TextsAsync());
    }

    [Fact]
    public async Task Checkpoints_are_taken_while_appends_go_on()
    {
        await using ILogStream stream = await OpenAsync();
        Task[] appends = [.. Enumerable.Range(1, 400).Select(i => stream.AppendAsync(Payloads.Of(i)).AsTask())];
        await appends[99];
        for (int at = 50; at <= 100; at += 10)
            await stream.CheckpointAsync(new Sequence(at), Payloads.Of($"state {at}"));
        await Task.WhenAll(appends);
        Assert.Equal(new Sequence(100), stream.Checkpoint);
        await ReopenAsync();
        await using ILogStream again = await OpenAsync();
        Assert.Equal(["Checkpoint 100 state 100", .. Events(101, 400)], await again.ReplayAsync().TextsAsync());
        Assert.Equal(Events(1, 400), await HistoryAsync(again));
    }
}
