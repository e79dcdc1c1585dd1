namespace Actors.Wal.Conformance;

/// <summary>Rules for retention by checkpoints and state records. <see cref="TimeRules"/> checks retention by time.</summary>
public abstract class RetentionRules(StoreBackend backend) : StoreRules(backend)
{
    [Fact]
    public async Task All_events_are_kept_by_default()
    {
        await using ILogStream stream = await WriteAsync(retention: null);
        Assert.Equal(new Sequence(1), stream.First);
        Assert.Equal(Events(1, 42), await HistoryAsync(stream));
        Assert.Equal(Events(1, 1), await stream.ReadAsOfAsync(new Sequence(1)).TextsAsync());
    }

    [Fact]
    public async Task The_stores_retention_is_the_streams_default()
    {
        await ReopenAsync(s => s with { Retention = Retention.Last });
        await using (ILogStream stream = await WriteAsync(retention: null))
            Assert.Equal(new Sequence(41), stream.First);
        await using ILogStream other = await WriteAsync(Retention.All, "other");
        Assert.Equal(new Sequence(1), other.First);
    }

    [Fact]
    public async Task The_last_checkpoint_drops_what_came_before_it()
    {
        await using (ILogStream stream = await WriteAsync(Retention.Last))
            await SameAsync(stream);
        await ReopenAsync();
        await using ILogStream again = await OpenAsync();
        await SameAsync(again);

        static async Task SameAsync(ILogStream stream)
        {
            Assert.Equal(new Sequence(41), stream.First);
            Assert.Equal(["Checkpoint 40 state 40", .. Events(41, 42)], await stream.ReplayAsync().TextsAsync());
            Assert.Equal(["Checkpoint 40 state 40"], await stream.ReadAsOfAsync(new Sequence(40)).TextsAsync());
            Assert.Equal(Events(41, 42), await stream.ReadAsync(new Sequence(1), new Sequence(100)).TextsAsync());
            await Assert.ThrowsAsync<HistoryTruncatedException>(() => stream.ReadAsOfAsync(new Sequence(39)).TextsAsync());
        }
    }

    [Fact]
    public async Task The_newest_checkpoints_and_events_after_the_first_of_them_are_kept()
    {
        await using ILogStream stream = await WriteAsync(Retention.Newest(3));
        Assert.Equal(new Sequence(21), stream.First);
        Assert.Equal(["Checkpoint 20 state 20"], await stream.ReadAsOfAsync(new Sequence(20)).TextsAsync());
        Assert.Equal(["Checkpoint 20 state 20", .. Events(21, 21)], await stream.ReadAsOfAsync(new Sequence(21)).TextsAsync());
        Assert.Equal(["Checkpoint 30 state 30", .. Events(31, 31)], await stream.ReadAsOfAsync(new Sequence(31)).TextsAsync());
        await Assert.ThrowsAsync<HistoryTruncatedException>(() => stream.ReadAsOfAsync(new Sequence(19)).TextsAsync());
    }

    [Fact]
    public async Task States_keep_as_many_as_they_are_told()
    {
        await using (ILogStream one = await OpenAsync("one", Retention.Last))
        {
            await using ILogStream three = await OpenAsync("three", Retention.Newest(3));
            for (int i = 1; i <= 9; i++)
            {
                await one.AppendStateAsync(Payloads.Of($"state {i}"));
                await three.AppendStateAsync(Payloads.Of($"state {i}"));
                Assert.Equal(new Sequence(i), one.First);
            }

            await SameAsync(one, three);
        }

        await ReopenAsync();
        await using ILogStream oneAgain = await OpenAsync("one", Retention.Last);
        await using ILogStream threeAgain = await OpenAsync("three", Retention.Newest(3));
        await SameAsync(oneAgain, threeAgain);

        static async Task SameAsync(ILogStream one, ILogStream three)
        {
            Assert.Equal(["State 9 state 9"], await HistoryAsync(one));
            Assert.Equal(["State 9 state 9"], await one.ReplayAsync().TextsAsync());
            await Assert.ThrowsAsync<HistoryTruncatedException>(() => one.ReadAsOfAsync(new Sequence(7)).TextsAsync());
            Assert.Equal(["State 7 state 7"], await three.ReadAsOfAsync(new Sequence(7)).TextsAsync());
            await Assert.ThrowsAsync<HistoryTruncatedException>(() => three.ReadAsOfAsync(new Sequence(6)).TextsAsync());
        }
    }

    [Fact]
    public async Task A_checkpoint_behind_the_head_keeps_the_events_after_it()
    {
        await using ILogStream stream = await OpenAsync(retention: Retention.Last);
        await stream.AppendManyAsync(10);
        await stream.CheckpointAsync(new Sequence(8), Payloads.Of("state 8"));
        Assert.Equal(["Checkpoint 8 state 8", .. Events(9, 10)], await stream.ReplayAsync().TextsAsync());
        Assert.Equal(["Checkpoint 8 state 8", .. Events(9, 9)], await stream.ReadAsOfAsync(new Sequence(9)).TextsAsync());
    }

    [Fact]
    public async Task A_rule_holds_from_the_next_checkpoint_on()
    {
        await using ILogStream stream = await WriteAsync(Retention.All);
        await using ILogStream strict = await OpenAsync(retention: Retention.Last);
        await strict.AppendAsync(Payloads.Of(43));
        Assert.Equal(new Sequence(1), strict.First);
        await strict.CheckpointAsync(new Sequence(43), Payloads.Of("state 43"));
        Assert.Equal(new Sequence(44), strict.First);
        await using ILogStream lenient = await OpenAsync(retention: Retention.All);
        await lenient.AppendAsync(Payloads.Of(44));
        await lenient.CheckpointAsync(new Sequence(44), Payloads.Of("state 44"));
        Assert.Equal(new Sequence(44), lenient.First);
        Assert.Equal(["Checkpoint 43 state 43"], await lenient.ReadAsOfAsync(new Sequence(43)).TextsAsync());
    }

    /// <summary>Writes 42 events, and a checkpoint after every tenth.</summary>
    private async Task<ILogStream> WriteAsync(Retention? retention, string? name = null)
    {
        ILogStream stream = await OpenAsync(name, retention);
        for (int i = 1; i <= 42; i++)
        {
            await stream.AppendAsync(Payloads.Of(i));
            if (i % 10 == 0)
                await stream.CheckpointAsync(new Sequence(i), Payloads.Of($"state {i}"));
        }

        return stream;
    }
}
