namespace Actors.Wal.Conformance;

/// <summary>Rules for reads: ranges, directions, and states as of an event must match the appended events.</summary>
public abstract class HistoryRules(StoreBackend backend) : StoreRules(backend)
{
    [Fact]
    public async Task Every_range_reads_as_written_in_both_directions()
    {
        const int Count = 2000;
        await using ILogStream stream = await OpenAsync();
        await using ILogStream noise = await OpenAsync("noise");
        var random = new Random(7);
        for (int i = 1; i <= Count; i += 10)
        {
            await Task.WhenAll(
                stream.AppendAsync([.. Enumerable.Range(i, 10).Select(Payloads.Of)]).AsTask(),
                noise.AppendAsync(new EventData(new byte[random.Next(2000)])).AsTask());
            if (random.Next(40) == 0)
                await stream.CheckpointAsync(stream.Head, Payloads.Of("state"));
        }

        for (int round = 0; round < 40; round++)
        {
            int from = random.Next(1, Count + 1);
            int to = random.Next(1, Count + 1);
            IEnumerable<string> expected = from <= to ? Events(from, to) : Events(to, from).Reverse();
            Assert.Equal(expected, await stream.ReadAsync(new Sequence(from), new Sequence(to)).TextsAsync());
        }
    }

    [Fact]
    public async Task A_long_history_is_read_page_by_page_from_either_end()
    {
        const int Count = 1500;
        const int Page = 100;
        await using ILogStream stream = await OpenAsync();
        await Task.WhenAll(Enumerable.Range(1, Count).Select(i => stream.AppendAsync(Payloads.Of(i)).AsTask()));
        var forward = new List<string>();
        for (int from = 1; from <= Count; from += Page)
            forward.AddRange(await stream.ReadAsync(new Sequence(from), new Sequence(from + Page - 1)).TextsAsync());
        Assert.Equal(Events(1, Count), forward);
        var backward = new List<string>();
        for (int from = Count; from >= 1; from -= Page)
            backward.AddRange(await stream.ReadAsync(new Sequence(from), new Sequence(from - Page + 1)).TextsAsync());
        Assert.Equal(Events(1, Count).Reverse(), backward);
    }

    [Fact]
    public async Task Numbers_outside_the_history_are_left_out()
    {
        await using ILogStream stream = await OpenAsync();
        Assert.Empty(await HistoryAsync(stream));
        Assert.Empty(await stream.ReadAsync(End, Sequence.Zero).TextsAsync());
        Assert.Empty(await stream.ReplayAsync().TextsAsync());
        await stream.AppendManyAsync(5);
        Assert.Equal(Events(1, 5), await stream.ReadAsync(Sequence.Zero, End).TextsAsync());
        Assert.Equal(Events(1, 5).Reverse(), await stream.ReadAsync(End, Sequence.Zero).TextsAsync());
        Assert.Equal(Events(4, 5), await stream.ReadAsync(new Sequence(4), new Sequence(9)).TextsAsync());
        Assert.Equal(Events(3, 3), await stream.ReadAsync(new Sequence(3), new Sequence(3)).TextsAsync());
        Assert.Empty(await stream.ReadAsync(new Sequence(6), new Sequence(9)).TextsAsync());
        Assert.Empty(await stream.ReadAsync(new Sequence(9), new Sequence(6)).TextsAsync());
        Assert.Empty(await stream.ReadAsync(Sequence.Zero, Sequence.Zero).TextsAsync());
    }

    [Fact]
    public async Task A_record_has_all_its_metadata()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.AppendAsync(new EventData(new byte[] { 1 }, 11));
        await stream.AppendStateAsync(new EventData(new byte[] { 2 }, 12));
        await stream.AppendAsync(new EventData(new byte[] { 3 }, 13));
        await stream.CheckpointAsync(new Sequence(3), new EventData(new byte[] { 4 }, 14));
        List<LogRecord> records = [.. await stream.ReadAsync(new Sequence(1), End).CopiesAsync(), .. await stream.ReplayAsync().CopiesAsync()];
        Assert.Equal(
            [(LogRecordKind.Event, 1, 11, 1), (LogRecordKind.State, 2, 12, 2), (LogRecordKind.Event, 3, 13, 3), (LogRecordKind.Checkpoint, 3, 14, 4)],
            records.Select(r => (r.Kind, (int)r.Sequence.Value, (int)r.Codec, (int)r.Payload.Span[0])));
        Assert.All(records, r => Assert.Equal((Id, stream.Epoch, 1, TimeSpan.Zero), (r.Stream, r.Epoch, r.Payload.Length, r.Time.Offset)));
        for (int i = 1; i < records.Count; i++)
        {
            Assert.True(records[i].Lsn > records[i - 1].Lsn);
            Assert.True(records[i].Time >= records[i - 1].Time);
        }
    }

    [Fact]
    public async Task A_stream_that_grows_while_it_is_read_reads_without_gaps()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.AppendManyAsync(100);
        var read = new List<string>();
        await foreach (LogRecord record in stream.ReadAsync(new Sequence(1), new Sequence(500)))
        {
            read.Add(record.Line());
            if (read.Count <= 100)
                await stream.AppendAsync(Payloads.Of(100 + read.Count));
        }

        Assert.InRange(read.Count, 100, 200);
        Assert.Equal(Events(1, read.Count), read);
    }

    [Fact]
    public async Task Readers_do_not_disturb_each_other_and_may_stop_early()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.AppendManyAsync(300);
        await using IAsyncEnumerator<LogRecord> forward = stream.ReadAsync(new Sequence(1), new Sequence(300)).GetAsyncEnumerator();
        await using IAsyncEnumerator<LogRecord> backward = stream.ReadAsync(new Sequence(300), new Sequence(1)).GetAsyncEnumerator();
        for (int i = 1; i <= 150; i++)
        {
            Assert.True(await forward.MoveNextAsync());
            Assert.True(await backward.MoveNextAsync());
            Assert.Equal(($"Event {i} event {i}", $"Event {301 - i} event {301 - i}"), (forward.Current.Line(), backward.Current.Line()));
        }

        IAsyncEnumerable<LogRecord> again = stream.ReadAsync(new Sequence(5), new Sequence(7));
        Assert.Equal(Events(5, 7), await again.TextsAsync());
        Assert.Equal(Events(5, 7), await again.TextsAsync());
    }

    [Fact]
    public async Task Reading_ends_when_it_is_cancelled()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.AppendManyAsync(3);
        using var cancellation = new CancellationTokenSource();
        await using IAsyncEnumerator<LogRecord> reading = stream.ReadAsync(new Sequence(1), End, cancellation.Token).GetAsyncEnumerator();
        Assert.True(await reading.MoveNextAsync());
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (await reading.MoveNextAsync())
            {
            }
        });
    }

    [Fact]
    public async Task State_as_of_an_event_starts_at_the_nearest_checkpoint()
    {
        await using (ILogStream stream = await OpenAsync())
        {
            await stream.AppendManyAsync(10);
            await stream.CheckpointAsync(new Sequence(10), Payloads.Of("state 10"));
            await stream.AppendManyAsync(10, 11);
            await stream.CheckpointAsync(new Sequence(15), Payloads.Of("state 15"));
            await stream.AppendManyAsync(5, 21);
            await SameAsync(stream);
        }

        await ReopenAsync();
        await using ILogStream again = await OpenAsync();
        await SameAsync(again);

        static async Task SameAsync(ILogStream stream)
        {
            Assert.Empty(await stream.ReadAsOfAsync(Sequence.Zero).TextsAsync());
            Assert.Equal(Events(1, 3), await stream.ReadAsOfAsync(new Sequence(3)).TextsAsync());
            GivesState(10, await stream.ReadAsOfAsync(new Sequence(10)).TextsAsync());
            Assert.Equal(["Checkpoint 10 state 10", .. Events(11, 12)], await stream.ReadAsOfAsync(new Sequence(12)).TextsAsync());
            for (int i = 11; i <= 20; i++)
                GivesState(i, await stream.ReadAsOfAsync(new Sequence(i)).TextsAsync());
            Assert.Equal(["Checkpoint 15 state 15", .. Events(16, 25)], await stream.ReadAsOfAsync(new Sequence(25)).TextsAsync());
            Assert.Equal(["Checkpoint 15 state 15", .. Events(16, 25)], await stream.ReadAsOfAsync(End).TextsAsync());
        }
    }

    [Fact]
    public async Task State_as_of_an_event_between_states_is_the_last_one_and_what_followed_it()
    {
        await using ILogStream stream = await OpenAsync();
        for (int i = 1; i <= 30; i++)
        {
            if (i % 10 == 0)
                await stream.AppendStateAsync(Payloads.Of($"state {i}"));
            else
                await stream.AppendAsync(Payloads.Of(i));
        }

        Assert.Equal(Events(1, 9), await stream.ReadAsOfAsync(new Sequence(9)).TextsAsync());
        Assert.Equal(["State 10 state 10"], await stream.ReadAsOfAsync(new Sequence(10)).TextsAsync());
        Assert.Equal(["State 10 state 10", .. Events(11, 19)], await stream.ReadAsOfAsync(new Sequence(19)).TextsAsync());
        Assert.Equal(["State 30 state 30"], await stream.ReadAsOfAsync(End).TextsAsync());
    }
}
