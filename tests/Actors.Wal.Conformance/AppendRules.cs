namespace Actors.Wal.Conformance;

/// <summary>Rules for the appends of one stream: sequences, conditions, order and rejections.</summary>
public abstract class AppendRules(StoreBackend backend) : StoreRules(backend)
{
    [Fact]
    public async Task A_stream_counts_from_one_without_gaps()
    {
        await using ILogStream stream = await OpenAsync();
        Assert.Equal((Sequence.Zero, new Sequence(1), null), (stream.Head, stream.First, stream.Checkpoint));
        for (int i = 1; i <= 40; i++)
        {
            AppendResult result = await stream.AppendAsync(Payloads.Of(i));
            Assert.Equal((new Sequence(i), new Sequence(i)), (result.First, result.Last));
            Assert.Equal(new Sequence(i), stream.Head);
        }

        Assert.Equal(Events(1, 40), await stream.ReplayAsync().TextsAsync());
    }

    [Fact]
    public async Task Events_are_there_after_the_store_was_closed_and_opened()
    {
        await using (ILogStream stream = await OpenAsync())
        {
            await Task.WhenAll(Enumerable.Range(1, 2000).Select(i => stream.AppendAsync(Payloads.Of(i)).AsTask()));
            await stream.CheckpointAsync(new Sequence(1500), Payloads.Of("state 1500"));
            await stream.AppendManyAsync(50, 2001);
        }

        await ReopenAsync();
        await using ILogStream again = await OpenAsync();
        Assert.Equal((new Sequence(2050), new Sequence(1500)), (again.Head, again.Checkpoint));
        Assert.Equal(["Checkpoint 1500 state 1500", .. Events(1501, 2050)], await again.ReplayAsync().TextsAsync());
        Assert.Equal(Events(1, 2050), await HistoryAsync(again));
        Assert.Equal(new Sequence(2051), (await again.AppendAsync(Payloads.Of(2051))).Last);
    }

    [Fact]
    public async Task Several_events_of_one_append_have_consecutive_sequences()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.AppendAsync(Payloads.Of(1));
        AppendResult result = await stream.AppendAsync([Payloads.Of(2), Payloads.Of(3), Payloads.Of(4)]);
        Assert.Equal((new Sequence(2), new Sequence(4)), (result.First, result.Last));
        Assert.Equal(Events(1, 4), await stream.ReplayAsync().TextsAsync());
    }

    [Fact]
    public async Task Appends_in_flight_at_once_stay_whole_and_in_the_order_of_their_calls()
    {
        await using ILogStream stream = await OpenAsync();
        Task<AppendResult>[] appends =
        [
            .. Enumerable.Range(0, 300).Select(i => i % 2 == 0
                ? stream.AppendAsync(Payloads.Of((2 * i) + 1)).AsTask()
                : stream.AppendAsync([Payloads.Of(2 * i), Payloads.Of((2 * i) + 1), Payloads.Of((2 * i) + 2)]).AsTask()),
        ];
        AppendResult[] results = await Task.WhenAll(appends);
        for (int i = 0; i < results.Length; i++)
        {
            int first = i % 2 == 0 ? (2 * i) + 1 : 2 * i;
            int last = i % 2 == 0 ? first : first + 2;
            Assert.Equal((new Sequence(first), new Sequence(last)), (results[i].First, results[i].Last));
        }

        Assert.Equal(Events(1, 600), await stream.ReplayAsync().TextsAsync());
    }

    /// <summary>A large append waits for space. A later small one would fit, and must not overtake it.</summary>
    [Fact]
    public async Task Appends_that_wait_for_room_keep_the_order_of_their_calls()
    {
        await using ILogStream stream = await OpenAsync();
        string large = new('x', MaxRecordBytes - 100);
        AppendResult[] results = await Task.WhenAll(Enumerable.Range(1, 150).Select(i => stream.AppendAsync(Payloads.Of($"{i} {(i % 3 == 0 ? "" : large)}")).AsTask()));
        Assert.Equal(Enumerable.Range(1, 150), results.Select(r => (int)r.Last.Value));
        int read = 0;
        await foreach (LogRecord record in stream.ReplayAsync())
            Assert.Equal($"{++read}", record.Text().Split(' ')[0]);
        Assert.Equal(150, read);
    }

    [Fact]
    public async Task An_append_names_the_LSN_of_its_last_record_and_LSNs_grow()
    {
        await using ILogStream a = await OpenAsync("a");
        await using ILogStream b = await OpenAsync("b");
        Lsn last = Lsn.Zero;
        for (int i = 0; i < 20; i++)
        {
            ILogStream stream = i % 3 == 0 ? a : b;
            AppendResult result = i % 2 == 0 ? await stream.AppendAsync(Payloads.Of(i)) : await stream.AppendAsync([Payloads.Of(i), Payloads.Of(i)]);
            Assert.True(result.LastLsn > last);
            last = result.LastLsn;
            Assert.Equal(last, Assert.Single(await stream.ReadAsync(result.Last, result.Last).CopiesAsync()).Lsn);
        }

        await a.DisposeAsync();
        await ReopenAsync();
        await using ILogStream again = await OpenAsync("a");
        Assert.True((await again.AppendAsync(Payloads.Of(1))).LastLsn > last);
    }

    [Fact]
    public async Task A_wrong_expected_sequence_is_rejected_and_writes_nothing()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.AppendAsync(Payloads.Of(1), Sequence.Zero);
        foreach (int wrong in new[] { 0, 2, 9 })
        {
            var expected = new Sequence(wrong);
            Func<Task>[] appends =
            [
                async () => await stream.AppendAsync(Payloads.Of(2), expected),
                async () => await stream.AppendAsync([Payloads.Of(2), Payloads.Of(3)], expected),
                async () => await stream.AppendStateAsync(Payloads.Of(2), expected),
            ];
            foreach (Func<Task> append in appends)
            {
                SequenceConflictException error = await Assert.ThrowsAsync<SequenceConflictException>(append);
                Assert.Equal((Id, expected, new Sequence(1)), (error.Stream, error.Expected, error.Actual));
            }
        }

        Assert.Equal(Events(1, 1), await stream.ReplayAsync().TextsAsync());
        Assert.True(stream.IsOwner);
        await stream.AppendAsync([Payloads.Of(2), Payloads.Of(3)], new Sequence(1));
        await stream.AppendStateAsync(Payloads.Of(4), new Sequence(3));
        Assert.Equal(new Sequence(4), stream.Head);
    }

    [Fact]
    public async Task One_concurrent_conditional_append_wins()
    {
        await using ILogStream stream = await OpenAsync();
        for (int round = 0; round < 30; round++)
        {
            Sequence head = stream.Head;
            Task<bool>[] tries = [.. Enumerable.Range(0, 8).Select(_ => TryAsync(stream, head))];
            Assert.Single(await Task.WhenAll(tries), won => won);
            Assert.Equal(head.Next, stream.Head);
        }

        static async Task<bool> TryAsync(ILogStream stream, Sequence head)
        {
            try
            {
                await stream.AppendAsync(Payloads.Of("x"), head);
                return true;
            }
            catch (SequenceConflictException)
            {
                return false;
            }
        }
    }

    /// <summary>A caller that knows the head can therefore make the next append before the previous one completes.</summary>
    [Fact]
    public async Task A_conditional_append_counts_those_that_are_on_their_way()
    {
        await using ILogStream stream = await OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => stream.AppendAsync(Payloads.Of(i + 1), new Sequence(i)).AsTask()));
        Assert.Equal(Events(1, 100), await stream.ReplayAsync().TextsAsync());
    }

    [Fact]
    public async Task An_append_without_events_is_refused()
    {
        await using ILogStream stream = await OpenAsync();
        await Assert.ThrowsAsync<ArgumentException>(async () => await stream.AppendAsync([]));
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await stream.AppendAsync(null!));
        Assert.Equal(Sequence.Zero, stream.Head);
    }

    [Fact]
    public async Task A_record_over_the_limit_is_rejected_and_one_at_the_limit_fits()
    {
        await using ILogStream stream = await OpenAsync(new string('x', LogStreamId.MaxBytes));
        var over = new EventData(new byte[MaxRecordBytes + 1]);
        var limit = new EventData(new byte[MaxRecordBytes]);
        await stream.AppendAsync(limit);
        Func<Task>[] calls =
        [
            async () => await stream.AppendAsync(over),
            async () => await stream.AppendAsync([Payloads.Of(1), over]),
            async () => await stream.AppendStateAsync(over),
            async () => await stream.CheckpointAsync(new Sequence(1), over),
        ];
        foreach (Func<Task> call in calls)
        {
            RecordTooLargeException error = await Assert.ThrowsAsync<RecordTooLargeException>(call);
            Assert.Equal((MaxRecordBytes + 1, MaxRecordBytes), (error.Bytes, error.LimitBytes));
        }

        Assert.Equal((new Sequence(1), null), (stream.Head, stream.Checkpoint));
        await stream.AppendAsync([limit]);
        await stream.CheckpointAsync(new Sequence(1), limit);
        await stream.AppendStateAsync(limit);
        Assert.Equal(new Sequence(3), stream.Head);
        Assert.Equal(MaxRecordBytes, Assert.Single(await stream.ReplayAsync().CopiesAsync()).Payload.Length);
    }

    [Fact]
    public async Task Many_callers_on_many_streams_lose_nothing()
    {
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async s =>
        {
            await using ILogStream stream = await OpenAsync($"account/{s}");
            await Task.WhenAll(Enumerable.Range(0, 4).Select(async c =>
            {
                for (int i = 0; i < 5; i++)
                    await stream.AppendAsync(Payloads.Of($"{s} {c} {i} {new string('x', (s * i) % 500)}"));
            }));
        }));
        await ReopenAsync();
        for (int s = 0; s < 200; s++)
        {
            await using ILogStream stream = await OpenAsync($"account/{s}");
            List<LogRecord> records = await stream.ReplayAsync().CopiesAsync();
            Assert.Equal(Enumerable.Range(1, 20), records.Select(r => (int)r.Sequence.Value));
            // The five events of each caller are in the order of its calls.
            foreach (IGrouping<string, string[]> caller in records.Select(r => r.Text().Split(' ')).GroupBy(w => w[1]))
                Assert.Equal(Enumerable.Range(0, 5).Select(i => $"{s} {i}"), caller.Select(w => $"{w[0]} {w[2]}"));
        }
    }

    [Fact]
    public async Task A_call_that_was_cancelled_before_writes_nothing()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.AppendAsync(Payloads.Of(1));
        await stream.CheckpointAsync(new Sequence(1), Payloads.Of("state 1"));
        var cancelled = new CancellationToken(canceled: true);
        Func<Task>[] calls =
        [
            async () => await stream.AppendAsync(Payloads.Of(2), cancellationToken: cancelled),
            async () => await stream.AppendAsync([Payloads.Of(2)], cancellationToken: cancelled),
            async () => await stream.AppendStateAsync(Payloads.Of(2), cancellationToken: cancelled),
            async () => await stream.CheckpointAsync(new Sequence(1), Payloads.Of("state"), cancelled),
            async () => await stream.TruncateAsync(new Sequence(2), cancelled),
            async () => await stream.DeleteAsync(cancellationToken: cancelled),
            async () => await Store.AppendAtomicAsync([new StreamAppend(stream, [Payloads.Of(2)])], cancelled),
            async () => await Store.OpenAsync(Id, cancellationToken: cancelled),
            async () => await Store.FlushAsync(cancelled),
        ];
        foreach (Func<Task> call in calls)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(call);
        Assert.Equal(["Checkpoint 1 state 1"], await stream.ReplayAsync().TextsAsync());
        Assert.Equal(Events(1, 1), await HistoryAsync(stream));
        await stream.AppendAsync(Payloads.Of(2), new Sequence(1));
    }

    [Fact]
    public async Task A_closed_store_refuses_and_has_decided_what_was_on_its_way()
    {
        ILogStream stream = await OpenAsync();
        Task<AppendResult>[] appends = [.. Enumerable.Range(1, 300).Select(i => stream.AppendAsync(Payloads.Of(i)).AsTask())];
        await Store.DisposeAsync();
        int kept = 0;
        foreach (Task<AppendResult> append in appends)
        {
            if (await Record.ExceptionAsync(() => append) is { } error)
                Assert.IsType<StoreClosedException>(error);
            else
                kept++;
        }

        await Assert.ThrowsAsync<StoreClosedException>(async () => await stream.AppendAsync(Payloads.Of(1)));
        await Assert.ThrowsAsync<StoreClosedException>(async () => await Store.AppendAtomicAsync([new StreamAppend(stream, [Payloads.Of(1)])]));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Store.OpenAsync(Id));
        await Store.DisposeAsync();
        await ReopenAsync();
        await using ILogStream again = await OpenAsync();
        Assert.Equal(Events(1, kept), await again.ReplayAsync().TextsAsync());
    }

    [Fact]
    public async Task A_stream_needs_an_id()
        => await Assert.ThrowsAsync<ArgumentException>(async () => await Store.OpenAsync(default));
}
