namespace Actors.Wal.Conformance;

/// <summary>Rules for payloads: reads return the written bytes exactly.</summary>
public abstract class PayloadRules(StoreBackend backend) : StoreRules(backend)
{
    [Fact]
    public async Task Payloads_of_all_sizes_and_bytes_read_as_written()
    {
        int[] sizes = [0, 1, 2, 7, 8, 9, 63, 64, 65, 255, 256, 511, 512, 513, 1000, 4095, 4096, 4097, 8191, 20_000, MaxRecordBytes - 1, MaxRecordBytes];
        byte[][] payloads = [.. sizes.Select(size => Bytes(size)), [.. Enumerable.Range(0, 256).Select(i => (byte)i)], new byte[300], [.. Enumerable.Repeat((byte)0xFF, 300)]];
        await using (ILogStream stream = await OpenAsync())
        {
            foreach (byte[] payload in payloads)
                await stream.AppendAsync(new EventData(payload));
            await SameAsync(stream);
        }

        await ReopenAsync();
        await using ILogStream again = await OpenAsync();
        await SameAsync(again);

        async Task SameAsync(ILogStream stream)
            => Assert.Equal(payloads.Select(Convert.ToHexString), (await stream.ReplayAsync().CopiesAsync()).Select(r => Convert.ToHexString(r.Payload.Span)));
    }

    [Fact]
    public async Task An_empty_state_and_an_empty_checkpoint_read_as_such()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.AppendStateAsync(default);
        await stream.AppendAsync([default, new EventData(default, 200)]);
        Assert.Equal(["State 1 ", "Event 2 ", "Event 3 "], await stream.ReplayAsync().TextsAsync());
        await stream.CheckpointAsync(new Sequence(2), default);
        await ReopenAsync();
        await using ILogStream again = await OpenAsync();
        Assert.Equal(["Checkpoint 2 ", "Event 3 "], await again.ReplayAsync().TextsAsync());
    }

    [Fact]
    public async Task Every_codec_number_comes_back()
    {
        await using ILogStream stream = await OpenAsync();
        for (int codec = 0; codec < 256; codec += 16)
            await stream.AppendAsync([.. Enumerable.Range(codec, 16).Select(c => new EventData(Bytes(c), (byte)c))]);
        Assert.Equal(Enumerable.Range(0, 256), (await stream.ReplayAsync().CopiesAsync()).Select(r => (int)r.Codec));
        await stream.AppendStateAsync(new EventData(Bytes(3), 201));
        await stream.CheckpointAsync(new Sequence(257), new EventData(Bytes(3), 202));
        Assert.Equal(201, Assert.Single(await stream.ReadAsync(new Sequence(257), End).CopiesAsync()).Codec);
        Assert.Equal(202, Assert.Single(await stream.ReplayAsync().CopiesAsync()).Codec);
    }

    /// <summary>Callers may reuse pooled buffers after an append.</summary>
    [Fact]
    public async Task Memory_that_changes_after_an_append_changes_nothing_that_was_written()
    {
        byte[] buffer = new byte[200];
        await using ILogStream stream = await OpenAsync();
        for (int i = 1; i <= 20; i++)
        {
            Array.Fill(buffer, (byte)i);
            await stream.AppendAsync([new EventData(buffer.AsMemory(0, 100)), new EventData(buffer.AsMemory(100))]);
        }

        Array.Fill(buffer, (byte)21);
        await stream.CheckpointAsync(Sequence.Zero.Next, new EventData(buffer));
        Array.Clear(buffer);
        List<LogRecord> events = await stream.ReadAsync(new Sequence(1), End).CopiesAsync();
        for (int i = 0; i < 40; i++)
            Assert.False(events[i].Payload.Span.ContainsAnyExcept((byte)((i / 2) + 1)));
        Assert.False((await stream.ReplayAsync().CopiesAsync())[0].Payload.Span.ContainsAnyExcept((byte)21));
    }

    /// <summary>The events are larger in total than any page that a read holds in memory.</summary>
    [Fact]
    public async Task Many_large_events_read_as_written()
    {
        const int Count = 60;
        await using ILogStream stream = await OpenAsync();
        for (int i = 1; i <= Count; i++)
        {
            byte[] payload = new byte[30 * 1024];
            Array.Fill(payload, (byte)i);
            await stream.AppendAsync(new EventData(payload));
        }

        foreach ((long from, long to) in new (long, long)[] { (1, Count), (Count, 1) })
        {
            long next = from;
            await foreach (LogRecord record in stream.ReadAsync(new Sequence(from), new Sequence(to)))
            {
                Assert.Equal((next, 30 * 1024), (record.Sequence.Value, record.Payload.Length));
                Assert.False(record.Payload.Span.ContainsAnyExcept((byte)next));
                next += from < to ? 1 : -1;
            }

            Assert.Equal(from < to ? Count + 1 : 0, next);
        }
    }

    /// <summary>Returns random bytes that depend only on the size.</summary>
    private static byte[] Bytes(int size)
    {
        byte[] bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }
}
