namespace Actors.Wal.Conformance;

/// <summary>Rules for atomic appends: all streams get their events, or none does.</summary>
public abstract class AtomicRules(StoreBackend backend) : StoreRules(backend)
{
    [Fact]
    public async Task An_atomic_append_writes_to_all_its_streams_and_answers_in_their_order()
    {
        (ILogStream a, ILogStream b, ILogStream c) = await ThreeAsync();
        await b.AppendManyAsync(2);
        IReadOnlyList<AppendResult> results = await Store.AppendAtomicAsync(
        [
            new StreamAppend(c, [Payloads.Of(1), Payloads.Of(2)], Sequence.Zero),
            new StreamAppend(a, [Payloads.Of(1)]),
            new StreamAppend(b, [Payloads.Of(3), Payloads.Of(4), Payloads.Of(5)], new Sequence(2)),
        ]);
        Assert.Equal([(1, 2), (1, 1), (3, 5)], results.Select(r => ((int)r.First.Value, (int)r.Last.Value)));
        Assert.Equal((new Sequence(1), new Sequence(5), new Sequence(2)), (a.Head, b.Head, c.Head));
        Assert.Equal(results[1].LastLsn, (await a.ReplayAsync().CopiesAsync())[^1].Lsn);
        await ReopenAsync();
        (a, b, c) = await ThreeAsync();
        Assert.Equal(Events(1, 1), await a.ReplayAsync().TextsAsync());
        Assert.Equal(Events(1, 5), await b.ReplayAsync().TextsAsync());
        Assert.Equal(Events(1, 2), await c.ReplayAsync().TextsAsync());
    }

    [Fact]
    public async Task One_wrong_expectation_rejects_all()
    {
        (ILogStream a, ILogStream b, ILogStream c) = await ThreeAsync();
        await b.AppendManyAsync(2);
        ILogStream[] streams = [a, b, c];
        foreach (ILogStream wrong in streams)
        {
            SequenceConflictException error = await Assert.ThrowsAsync<SequenceConflictException>(
                async () => await Store.AppendAtomicAsync([.. streams.Select(s => new StreamAppend(s, [Payloads.Of("lost")], s == wrong ? new Sequence(9) : s.Head))]));
            Assert.Equal((wrong.Id, new Sequence(9), wrong.Head), (error.Stream, error.Expected, error.Actual));
        }

        await NothingWasWrittenAsync(a, b, c);
    }

    [Fact]
    public async Task One_fenced_stream_rejects_all()
    {
        (ILogStream a, ILogStream b, ILogStream c) = await ThreeAsync();
        await b.AppendManyAsync(2);
        ILogStore other = await OtherStoreAsync();
        ILogStream[] streams = [a, b, c];
        for (int i = 0; i < streams.Length; i++)
        {
            ILogStream stale = streams[i];
            await using ILogStream owner = await other.OpenAsync(stale.Id);
            FencedException error = await Assert.ThrowsAsync<FencedException>(
                async () => await Store.AppendAtomicAsync([.. streams.Select(s => new StreamAppend(s, [Payloads.Of("lost")]))]));
            Assert.Equal((stale.Id, stale.Epoch), (error.Stream, error.Epoch));
            streams[i] = await OpenAsync(stale.Id.Value);
        }

        await NothingWasWrittenAsync(streams[0], streams[1], streams[2]);
        await streams[1].DisposeAsync();
        await Assert.ThrowsAsync<FencedException>(
            async () => await Store.AppendAtomicAsync([.. streams.Select(s => new StreamAppend(s, [Payloads.Of("lost")]))]));
    }

    [Fact]
    public async Task One_record_over_the_limit_rejects_all()
    {
        (ILogStream a, ILogStream b, ILogStream c) = await ThreeAsync();
        await b.AppendManyAsync(2);
        await Assert.ThrowsAsync<RecordTooLargeException>(async () => await Store.AppendAtomicAsync(
            [new StreamAppend(a, [Payloads.Of("lost")]), new StreamAppend(b, [new EventData(new byte[MaxRecordBytes + 1])]), new StreamAppend(c, [Payloads.Of("lost")])]));
        await NothingWasWrittenAsync(a, b, c);
    }

    [Fact]
    public async Task Invalid_appends_are_refused()
    {
        (ILogStream a, ILogStream b, ILogStream c) = await ThreeAsync();
        await b.AppendManyAsync(2);
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await Store.AppendAtomicAsync(null!));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.AppendAtomicAsync([]));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.AppendAtomicAsync([new StreamAppend(a, [Payloads.Of("lost")]), new StreamAppend(b, [])]));

        // An atomic append may name a stream only once, so that its events have one order and one expected sequence.
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await Store.AppendAtomicAsync([new StreamAppend(a, [Payloads.Of("lost")]), new StreamAppend(b, [Payloads.Of("lost")]), new StreamAppend(a, [Payloads.Of("lost")])]));
        await NothingWasWrittenAsync(a, b, c);
    }

    [Fact]
    public async Task Many_streams_take_part()
    {
        const int Count = 150;
        ILogStream[] streams = await Task.WhenAll(Enumerable.Range(0, Count).Select(i => OpenAsync($"account/{i}")));
        for (int round = 1; round <= 3; round++)
        {
            IReadOnlyList<AppendResult> results = await Store.AppendAtomicAsync([.. streams.Select(s => new StreamAppend(s, [Payloads.Of(round)], new Sequence(round - 1)))]);
            Assert.Equal(Count, results.Count);
            Assert.All(results, r => Assert.Equal(new Sequence(round), r.Last));
        }

        await ReopenAsync();
        for (int i = 0; i < Count; i++)
            Assert.Equal(Events(1, 3), await (await OpenAsync($"account/{i}")).ReplayAsync().TextsAsync());
    }

    [Fact]
    public async Task Concurrent_atomic_appends_in_any_stream_order_do_not_deadlock()
    {
        const int Streams = 8;
        ILogStream[] streams = await Task.WhenAll(Enumerable.Range(0, Streams).Select(i => OpenAsync($"account/{i}")));
        Task<(int Caller, int[] Chosen, IReadOnlyList<AppendResult> Results)>[] callers = [.. Enumerable.Range(0, 150).Select(AppendAsync)];
        (int Caller, int[] Chosen, IReadOnlyList<AppendResult> Results)[] appends = await Task.WhenAll(callers).WaitAsync(TimeSpan.FromMinutes(1));

        // Each event has the sequence that its result names, and there are no other events.
        var expected = new SortedDictionary<long, string>[Streams];
        for (int i = 0; i < Streams; i++)
            expected[i] = [];
        foreach ((int caller, int[] chosen, IReadOnlyList<AppendResult> results) in appends)
        {
            for (int i = 0; i < chosen.Length; i++)
                expected[chosen[i]].Add(results[i].Last.Value, $"Event {results[i].Last} by {caller}");
        }

        for (int i = 0; i < Streams; i++)
            Assert.Equal(expected[i].Values, await streams[i].ReplayAsync().TextsAsync());

        async Task<(int, int[], IReadOnlyList<AppendResult>)> AppendAsync(int caller)
        {
            int[] chosen = [.. Enumerable.Range(0, Streams)];
            new Random(caller).Shuffle(chosen);
            chosen = chosen[..(2 + (caller % 4))];
            return (caller, chosen, await Store.AppendAtomicAsync([.. chosen.Select(i => new StreamAppend(streams[i], [Payloads.Of($"by {caller}")]))]));
        }
    }

    /// <summary>Exactly one of several transfers that saw the same balances succeeds. The sum of the balances never changes.</summary>
    [Fact]
    public async Task Conditions_hold_over_all_streams_at_once()
    {
        (ILogStream a, ILogStream b, _) = await ThreeAsync();
        for (int round = 0; round < 20; round++)
        {
            (Sequence headA, Sequence headB) = (a.Head, b.Head);
            Task<bool>[] tries =
            [
                TryAsync(new StreamAppend(a, [Payloads.Of("-1")], headA), new StreamAppend(b, [Payloads.Of("+1")], headB)),
                TryAsync(new StreamAppend(b, [Payloads.Of("-1")], headB), new StreamAppend(a, [Payloads.Of("+1")], headA)),
                TryAsync(new StreamAppend(a, [Payloads.Of("-1")], headA), new StreamAppend(b, [Payloads.Of("+1")], headB)),
            ];
            Assert.Single(await Task.WhenAll(tries), won => won);
            Assert.Equal((headA.Next, headB.Next), (a.Head, b.Head));
        }

        List<LogRecord> records = [.. await a.ReplayAsync().CopiesAsync(), .. await b.ReplayAsync().CopiesAsync()];
        Assert.Equal(20, records.Count(r => r.Text() == "+1"));
        Assert.Equal(20, records.Count(r => r.Text() == "-1"));

        async Task<bool> TryAsync(params StreamAppend[] appends)
        {
            try
            {
                await Store.AppendAtomicAsync(appends);
                return true;
            }
            catch (SequenceConflictException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task Appends_to_one_stream_and_to_several_keep_the_order_of_their_calls()
    {
        (ILogStream a, ILogStream b, _) = await ThreeAsync();
        var calls = new List<Task>();
        for (int i = 1; i <= 120; i += 3)
        {
            calls.Add(a.AppendAsync(Payloads.Of(i)).AsTask());
            calls.Add(Store.AppendAtomicAsync([new StreamAppend(b, [Payloads.Of("x")]), new StreamAppend(a, [Payloads.Of(i + 1)])]).AsTask());
            calls.Add(a.AppendAsync(Payloads.Of(i + 2)).AsTask());
        }

        await Task.WhenAll(calls);
        Assert.Equal(Events(1, 120), await a.ReplayAsync().TextsAsync());
        Assert.Equal(new Sequence(40), b.Head);
    }

    private async Task<(ILogStream A, ILogStream B, ILogStream C)> ThreeAsync()
        => (await OpenAsync("a"), await OpenAsync("b"), await OpenAsync("c"));

    /// <summary>Checks that b has its two events, that a and c are empty, and that all three accept appends.</summary>
    private async Task NothingWasWrittenAsync(ILogStream a, ILogStream b, ILogStream c)
    {
        Assert.Empty(await a.ReplayAsync().TextsAsync());
        Assert.Equal(Events(1, 2), await b.ReplayAsync().TextsAsync());
        Assert.Empty(await c.ReplayAsync().TextsAsync());
        await Store.AppendAtomicAsync([new StreamAppend(a, [Payloads.Of(1)], Sequence.Zero), new StreamAppend(b, [Payloads.Of(3)], new Sequence(2)), new StreamAppend(c, [Payloads.Of(1)], Sequence.Zero)]);
    }
}
