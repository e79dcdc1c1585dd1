namespace Actors.Wal.Conformance;

/// <summary>Rules for the change feed: it gives all acknowledged records in the order of their LSNs.</summary>
public abstract class FeedRules(StoreBackend backend) : StoreRules(backend)
{
    private static readonly Lsn Start = new(1);

    [Fact]
    public async Task A_feed_gives_every_event_in_order_and_then_follows()
    {
        ILogStream[] streams = [await OpenAsync("a"), await OpenAsync("b")];
        await FillAsync(streams, 1, 700);
        Task<List<LogRecord>> following = FollowAsync(Start, records => records.Count == 2800);
        await FillAsync(streams, 701, 700);
        List<LogRecord> all = await following;
        InOrder(all);
        foreach (ILogStream stream in streams)
            Assert.Equal(Events(1, 1400), LinesOf(all, stream));
        Assert.All(all, r => Assert.Equal(streams.Single(s => s.Id == r.Stream).Epoch, r.Epoch));
    }

    [Fact]
    public async Task A_feed_gives_the_records_that_reading_gives()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.AppendAsync(new EventData(new byte[] { 1, 2, 3 }, 17));
        await stream.AppendStateAsync(new EventData(default, 18));
        AppendResult last = await stream.AppendAsync([Payloads.Of(3), Payloads.Of(4)]);
        List<LogRecord> records = await stream.ReadAsync(new Sequence(1), End).CopiesAsync();
        Assert.Equal(records.Select(All), (await ReadToAsync(Start, last.LastLsn)).Select(All));

        static object All(LogRecord r) => (r.Kind, r.Stream, r.Sequence, r.Lsn, r.Time, r.Epoch, r.Codec, Convert.ToHexString(r.Payload.Span));
    }

    [Fact]
    public async Task A_feed_starts_anywhere_and_after_a_restart()
    {
        Lsn last;
        await using (ILogStream stream = await OpenAsync())
            last = (await stream.AppendAsync([.. Enumerable.Range(1, 20).Select(Payloads.Of)])).LastLsn;
        List<LogRecord> all = await ReadToAsync(Start, last);
        Assert.Equal(Events(1, 20), all.Select(r => r.Line()));
        await ReopenAsync();
        await using ILogStream again = await OpenAsync();
        last = (await again.AppendAsync([.. Enumerable.Range(21, 5).Select(Payloads.Of)])).LastLsn;
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(Events(i + 1, 25), (await ReadToAsync(all[i].Lsn, last)).Select(r => r.Line()));
            Assert.Equal(Events(i + 2, 25), (await ReadToAsync(all[i].Lsn.Next, last)).Select(r => r.Line()));
        }

        Assert.Equal(Events(1, 25), (await ReadToAsync(Lsn.Zero, last)).Select(r => r.Line()));
    }

    [Fact]
    public async Task A_feed_from_behind_the_last_record_gives_what_comes()
    {
        await using ILogStream stream = await OpenAsync();
        Lsn last = (await stream.AppendAsync(Payloads.Of(1))).LastLsn;
        Task<List<LogRecord>> following = FollowAsync(last.Next, records => records.Count == 3);
        await stream.AppendManyAsync(3, 2);
        Assert.Equal(Events(2, 4), (await following).Select(r => r.Line()));
    }

    /// <summary>Each record is awaited before the next call, because a store may drop truncated or deleted records at once.</summary>
    [Fact]
    public async Task Checkpoints_truncations_and_deletions_come_in_their_place()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await using IAsyncEnumerator<LogRecord> feed = Store.SubscribeAsync(Start, limit.Token).GetAsyncEnumerator();
        ILogStream stream = await OpenAsync();
        await stream.AppendAsync(Payloads.Of(1));
        await NextAsync("Event 1 event 1");
        await stream.AppendStateAsync(Payloads.Of("state 2"));
        await NextAsync("State 2 state 2");
        await stream.CheckpointAsync(new Sequence(2), Payloads.Of("state 2"));
        await NextAsync("Checkpoint 2 state 2");
        await stream.TruncateAsync(new Sequence(3));
        await NextAsync("Truncation 3 ");
        await stream.DeleteAsync();
        Assert.True(await feed.MoveNextAsync());
        Assert.Equal((LogRecordKind.Deletion, Id, 0), (feed.Current.Kind, feed.Current.Stream, feed.Current.Payload.Length));
        await using ILogStream anew = await OpenAsync();
        await anew.AppendAsync(Payloads.Of("anew"));
        await NextAsync("Event 1 anew");

        async Task NextAsync(string line)
        {
            Assert.True(await feed.MoveNextAsync());
            Assert.Equal(line, feed.Current.Line());
        }
    }

    [Fact]
    public async Task The_feed_omits_rejected_appends()
    {
        ILogStream stale = await OpenAsync();
        await stale.AppendAsync(Payloads.Of(1));
        await using ILogStream owner = await (await OtherStoreAsync()).OpenAsync(Id);
        await Assert.ThrowsAsync<FencedException>(async () => await stale.AppendAsync(Payloads.Of("stale")));
        await Assert.ThrowsAsync<SequenceConflictException>(async () => await owner.AppendAsync(Payloads.Of("wrong"), Sequence.Zero));
        await Assert.ThrowsAsync<RecordTooLargeException>(async () => await owner.AppendAsync([Payloads.Of("too large"), new EventData(new byte[MaxRecordBytes + 1])]));
        Lsn last = (await owner.AppendAsync(Payloads.Of(2))).LastLsn;
        Assert.Equal(Events(1, 2), (await ReadToAsync(Start, last)).Select(r => r.Line()));
    }

    [Fact]
    public async Task Appends_over_several_streams_are_in_the_feed_whole()
    {
        await using ILogStream a = await OpenAsync("a");
        await using ILogStream b = await OpenAsync("b");
        Task<List<LogRecord>> following = FollowAsync(Start, records => records.Count == 150);
        await Task.WhenAll(Enumerable.Range(1, 50).Select(i => Store.AppendAtomicAsync(
            [new StreamAppend(a, [Payloads.Of(i)]), new StreamAppend(b, [Payloads.Of((2 * i) - 1), Payloads.Of(2 * i)])]).AsTask()));
        List<LogRecord> all = await following;
        InOrder(all);
        Assert.Equal(Events(1, 50), LinesOf(all, a));
        Assert.Equal(Events(1, 100), LinesOf(all, b));
    }

    [Fact]
    public async Task All_followers_get_the_same_complete_feed_while_many_append()
    {
        const int Writers = 12;
        const int Each = 60;
        ILogStore other = await OtherStoreAsync();
        Task<List<LogRecord>>[] followers = [.. Enumerable.Range(0, 3).Select(_ => FollowAsync(Start, records => records.Count == Writers * Each))];
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(w => Task.Run(async () =>
        {
            await using ILogStream stream = await (w % 2 == 0 ? Store : other).OpenAsync(new LogStreamId($"account/{w}"));
            for (int i = 1; i <= Each; i += 3)
            {
                await stream.AppendAsync(Payloads.Of(i));
                await stream.AppendAsync([Payloads.Of(i + 1), Payloads.Of(i + 2)]);
            }
        })));
        List<LogRecord>[] all = await Task.WhenAll(followers);
        InOrder(all[0]);
        foreach (IGrouping<LogStreamId, LogRecord> stream in all[0].GroupBy(r => r.Stream))
            Assert.Equal(Events(1, Each), stream.Select(r => r.Line()));
        foreach (List<LogRecord> same in all[1..])
            Assert.Equal(all[0].Select(r => (r.Lsn, r.Stream, r.Sequence)), same.Select(r => (r.Lsn, r.Stream, r.Sequence)));
    }

    [Fact]
    public async Task An_acknowledged_append_is_in_the_feed_though_an_earlier_one_of_another_stream_is_not_decided()
    {
        ILogStream[] streams = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => OpenAsync($"account/{i}")));
        for (int round = 0; round < 10; round++)
        {
            Task<AppendResult>[] appends = [.. streams.Select(s => s.AppendAsync(Payloads.Of(round)).AsTask())];
            AppendResult first = await await Task.WhenAny(appends);
            Assert.Equal(first.LastLsn, (await ReadToAsync(first.LastLsn, first.LastLsn))[0].Lsn);
            await Task.WhenAll(appends);
        }
    }

    [Fact]
    public async Task A_feed_ends_when_its_store_closes()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.AppendManyAsync(3);
        Task<List<LogRecord>> following = FollowAsync(Start, _ => false);
        Task<List<LogRecord>> waiting = FollowAsync(new Lsn(long.MaxValue), _ => false);
        await Store.DisposeAsync();
        Assert.Equal(Events(1, 3).Take((await following).Count), (await following).Select(r => r.Line()));
        Assert.Empty(await waiting);
    }

    [Fact]
    public async Task A_feed_ends_when_it_is_cancelled()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.AppendManyAsync(3);
        using var cancellation = new CancellationTokenSource();
        await using IAsyncEnumerator<LogRecord> feed = Store.SubscribeAsync(Start, cancellation.Token).GetAsyncEnumerator();
        for (int i = 1; i <= 3; i++)
        {
            Assert.True(await feed.MoveNextAsync());
            Assert.Equal(new Sequence(i), feed.Current.Sequence);
        }

        ValueTask<bool> next = feed.MoveNextAsync();
        Assert.False(next.IsCompleted);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
        await stream.AppendAsync(Payloads.Of(4));
    }

    [Fact]
    public async Task A_feed_that_is_behind_ends_when_it_is_cancelled()
    {
        await using ILogStream stream = await OpenAsync();
        await FillAsync([stream], 1, 2000);
        using var cancellation = new CancellationTokenSource();
        int given = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (LogRecord record in Store.SubscribeAsync(Start, cancellation.Token))
            {
                if (++given == 10)
                    await cancellation.CancelAsync();
            }
        });
        Assert.Equal(10, given);
    }

    [Fact]
    public async Task A_feed_that_is_behind_ends_when_its_store_closes()
    {
        await using ILogStream stream = await OpenAsync();
        await FillAsync([stream], 1, 2000);
        int given = 0;
        await foreach (LogRecord record in Store.SubscribeAsync(Start, new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token))
        {
            if (++given == 10)
                await Store.DisposeAsync();
        }

        Assert.InRange(given, 10, 1999);
    }

    private static Task<AppendResult[]> FillAsync(ILogStream[] streams, int from, int count)
        => Task.WhenAll(streams.SelectMany(s => Enumerable.Range(from, count).Select(i => s.AppendAsync(Payloads.Of(i)).AsTask())));

    private void InOrder(List<LogRecord> records)
    {
        for (int i = 1; i < records.Count; i++)
            Assert.True(records[i].Lsn > records[i - 1].Lsn);

        // Each store on shared data has its own clock. Only within a stream do times never decrease.
        foreach (IGrouping<LogStreamId, LogRecord> stream in records.GroupBy(r => IsShared ? r.Stream : Id))
            Assert.Equal(stream.Select(r => r.Time).Order(), stream.Select(r => r.Time));
    }

    private static IEnumerable<string> LinesOf(List<LogRecord> records, ILogStream stream)
        => records.Where(r => r.Stream == stream.Id).Select(r => r.Line());

    private Task<List<LogRecord>> ReadToAsync(Lsn from, Lsn to) => FollowAsync(from, records => records[^1].Lsn >= to);

    /// <summary>Reads the feed until it ends or enough records were read.</summary>
    private async Task<List<LogRecord>> FollowAsync(Lsn from, Predicate<List<LogRecord>> isEnough)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var records = new List<LogRecord>();
        await foreach (LogRecord record in Store.SubscribeAsync(from, limit.Token))
        {
            records.Add(record.Copy());
            if (isEnough(records))
                break;
        }

        return records;
    }
}
