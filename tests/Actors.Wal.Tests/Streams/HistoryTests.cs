namespace Actors.Wal.Tests.Streams;

/// <summary>Reading back: ranges, directions, times, against what was appended, with many streams in between.</summary>
public sealed class HistoryTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Every_range_reads_as_written_in_both_directions()
    {
        const int Count = 3000;
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(new StreamId("s"));
        await using ILogStream noise = await store.OpenAsync(new StreamId("noise"));
        var random = new Random(7);
        for (int i = 1; i <= Count; i += 10)
        {
            await Task.WhenAll(
                stream.AppendAsync([.. Enumerable.Range(i, 10).Select(Payloads.Of)]).AsTask(),
                noise.AppendAsync(new EventData(new byte[random.Next(2000)])).AsTask());
            if (random.Next(40) == 0)
                await stream.CheckpointAsync(stream.Head, Payloads.Of("state"));
        }

        for (int round = 0; round < 60; round++)
        {
            int from = random.Next(1, Count + 1);
            int to = random.Next(1, Count + 1);
            IEnumerable<int> expected = from <= to
                ? Enumerable.Range(from, to - from + 1)
                : Enumerable.Range(to, from - to + 1).Reverse();
            Assert.Equal(expected.Select(i => $"Event {i} event {i}"), await stream.ReadAsync(new Sequence(from), new Sequence(to)).TextsAsync());
        }

        Assert.Empty(await stream.ReadAsync(new Sequence(Count + 1), new Sequence(Count + 5)).TextsAsync());
    }

    [Fact]
    public async Task Events_larger_than_a_page_of_memory_read_as_written()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(new StreamId("s"));
        for (int i = 1; i <= 60; i++)
        {
            byte[] payload = new byte[30 * 1024];
            Array.Fill(payload, (byte)i);
            await stream.AppendAsync(new EventData(payload));
        }

        int next = 1;
        await foreach (LogRecord record in stream.ReadAsync(new Sequence(1), new Sequence(60)))
        {
            Assert.Equal(next, record.Sequence.Value);
            Assert.False(record.Payload.Span.ContainsAnyExcept((byte)next));
            next++;
        }

        Assert.Equal(61, next);
    }

    [Fact]
    public async Task A_stream_opened_again_goes_on_with_the_way_back_intact()
    {
        var id = new StreamId("s");
        for (int round = 0; round < 6; round++)
        {
            await using LocalLogStore store = await _directory.OpenAsync();
            for (int opening = 0; opening < 5; opening++)
            {
                await using ILogStream stream = await store.OpenAsync(id);
                long head = stream.Head.Value;
                await stream.AppendAsync([.. Enumerable.Range((int)head + 1, 37).Select(Payloads.Of)]);
                if (opening == 2)
                    await stream.CheckpointAsync(stream.Head, Payloads.Of("state"));
            }
        }

        await using LocalLogStore last = await _directory.OpenAsync();
        await using ILogStream all = await last.OpenAsync(id);
        Assert.Equal(6 * 5 * 37, all.Head.Value);
        Assert.Equal(Enumerable.Range(1, 1110).Select(i => $"Event {i} event {i}"), await all.ReadAsync(new Sequence(1), all.Head).TextsAsync());

        // With the spine intact, every event has the jump that its number asks for.
        var reader = new Wal.Reading.FrameReader(last.Parts.Segments, last.Parts.StoreSeed);
        Wal.Streams.StreamState state = ((Wal.Streams.LocalStream)all).State;
        var history = new Wal.Reading.StreamHistory(state, state.Published, reader);
        for (int i = 1; i <= 1110; i++)
        {
            Wal.Format.FrameHeader header = reader.ReadHeader(history.Seek(new Sequence(i)));
            long target = Wal.Format.Spine.JumpTarget(i);
            Assert.Equal(target, header.Jump is { } jump ? reader.ReadHeader(jump).Sequence.Value : 0);
        }
    }

    [Fact]
    public async Task State_as_of_an_event_starts_at_the_nearest_checkpoint()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(new StreamId("s"));
        await stream.AppendManyAsync(10);
        await stream.CheckpointAsync(new Sequence(10), Payloads.Of("state 10"));
        await stream.AppendManyAsync(10, 11);
        await stream.CheckpointAsync(new Sequence(15), Payloads.Of("state 15"));
        await stream.AppendManyAsync(5, 21);
        Assert.Equal(["Checkpoint 10 state 10", "Event 11 event 11", "Event 12 event 12"], await stream.ReadAsOfAsync(new Sequence(12)).TextsAsync());
        Assert.Equal(Enumerable.Range(1, 3).Select(i => $"Event {i} event {i}"), await stream.ReadAsOfAsync(new Sequence(3)).TextsAsync());
        Assert.Equal("Checkpoint 15 state 15", (await stream.ReadAsOfAsync(new Sequence(25)).TextsAsync())[0]);
        Assert.Equal(11, (await stream.ReadAsOfAsync(new Sequence(99)).TextsAsync()).Count);
        Assert.Empty(await stream.ReadAsOfAsync(Sequence.Zero).TextsAsync());
    }

    [Fact]
    public async Task State_as_of_a_time_ends_with_the_last_event_before_it()
    {
        var time = new ManualTime();
        DateTimeOffset start = time.GetUtcNow();
        await using var stepped = new SteppedStore(_directory.Options with { Time = time, SegmentAge = null });
        ILogStream stream = await stepped.Store.OpenAsync(new StreamId("s"));
        for (int i = 1; i <= 300; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            ValueTask<AppendResult> append = stream.AppendAsync(Payloads.Of(i));
            stepped.StepAll();
            await append;
        }

        foreach (int second in new[] { 1, 2, 16, 17, 100, 255, 256, 257, 299, 300, 5000 })
        {
            List<string> records = await stream.ReadAsOfAsync(start.AddSeconds(second)).TextsAsync();
            Assert.Equal(Math.Min(second, 300), records.Count);
        }

        Assert.Empty(await stream.ReadAsOfAsync(start).TextsAsync());
        Assert.Equal(9, (await stream.ReadAsOfAsync(start.AddSeconds(9.5)).TextsAsync()).Count);
    }

    [Fact]
    public async Task Damage_in_a_frame_is_an_error_and_never_a_shorter_history()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(new StreamId("s"));
        await stream.AppendManyAsync(100);

        // Under the running store's feet: the file changes after it was validated.
        byte[] bytes = File.ReadAllBytes(_directory.Segments[0]);
        int at = bytes.AsSpan().IndexOf("event 50"u8);
        using (FileStream file = new(_directory.Segments[0], FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Position = at;
            file.WriteByte((byte)'X');
        }

        LogCorruptException error = await Assert.ThrowsAsync<LogCorruptException>(async () => await stream.ReplayAsync().TextsAsync());
        Assert.EndsWith("0000000001.wal", error.File, StringComparison.Ordinal);
        Assert.Equal(49, (await stream.ReadAsync(new Sequence(1), new Sequence(49)).TextsAsync()).Count);
    }
}
