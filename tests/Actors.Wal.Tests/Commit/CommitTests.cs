using Actors.Wal.Local;

namespace Actors.Wal.Tests.Commit;

public sealed class CommitTests : IDisposable
{
    private static readonly LogStreamId Id = new("account/1");

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task One_flush_acknowledges_all_that_gathered()
    {
        await using var stepped = new SteppedStore(_directory.Options);
        long flushes = stepped.Store.Statistics.Flushes;
        ILogStream stream = await stepped.Store.OpenAsync(Id);
        ValueTask<AppendResult>[] appends = [.. Enumerable.Range(1, 100).Select(i => stream.AppendAsync(Payloads.Of(i)))];
        Assert.All(appends, a => Assert.False(a.IsCompleted));
        Assert.True(stepped.Step());
        for (int i = 0; i < appends.Length; i++)
            Assert.Equal(new Sequence(i + 1), (await appends[i]).Last);
        Assert.Equal(flushes + 1, stepped.Store.Statistics.Flushes);
    }

    /// <summary>Events of a batch that gathered during a long flush all had the time of the first.</summary>
    [Fact]
    public async Task Each_event_of_a_batch_has_the_time_at_which_it_was_accepted()
    {
        var time = new ManualTime();
        await using var stepped = new SteppedStore(_directory.Options with { Time = time });
        ILogStream stream = await stepped.Store.OpenAsync(Id, cancellationToken: TestContext.Current.CancellationToken);
        var accepted = new List<DateTimeOffset>();
        for (int i = 0; i < 3; i++)
        {
            accepted.Add(time.GetUtcNow());
            _ = stream.AppendAsync(Payloads.Of(i), cancellationToken: TestContext.Current.CancellationToken).AsTask();
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.True(stepped.Step());
        Assert.Equal(accepted, await stream.ReadAsync(new Sequence(1), stream.Head, TestContext.Current.CancellationToken).Select(r => r.Time).ToListAsync(TestContext.Current.CancellationToken));
        Assert.Single(await stream.ReadAsOfAsync(accepted[0], TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Whatever the last batch left of its segment: the next one may have been taken already.</summary>
    [Fact]
    public async Task A_closed_store_leaves_no_segment_that_was_not_begun()
    {
        for (int batches = 1; batches <= 10; batches++)
        {
            using var directory = new TestDirectory();
            await using (var stepped = new SteppedStore(directory.Options))
            {
                await using ILogStream stream = await stepped.Store.OpenAsync(Id, cancellationToken: TestContext.Current.CancellationToken);
                for (int i = 0; i < batches; i++)
                {
                    Task append = stream.AppendAsync(new EventData(new byte[31 * 1024]), cancellationToken: TestContext.Current.CancellationToken).AsTask();
                    stepped.StepAll();
                    await append;
                }
            }

            Assert.All(directory.Segments, s => Assert.True(File.ReadAllBytes(s).AsSpan(0, 8).ContainsAnyExcept((byte)0), $"{s} after {batches} batches"));
        }
    }

    [Fact]
    public async Task An_atomic_append_over_streams_is_one_batch()
    {
        await using var stepped = new SteppedStore(_directory.Options);
        ILogStream a = await stepped.Store.OpenAsync(new LogStreamId("a"));
        ILogStream b = await stepped.Store.OpenAsync(new LogStreamId("b"));
        ValueTask<IReadOnlyList<AppendResult>> append = stepped.Store.AppendAtomicAsync(
            [new StreamAppend(a, [Payloads.Of(1), Payloads.Of(2)]), new StreamAppend(b, [Payloads.Of(3)])]);
        long batches = stepped.Store.Statistics.Batches;
        stepped.StepAll();
        IReadOnlyList<AppendResult> results = await append;
        Assert.Equal(batches + 1, stepped.Store.Statistics.Batches);
        Assert.Equal(new Sequence(2), results[0].Last);
        Assert.Equal(new Sequence(1), results[1].Last);
        Assert.Equal(new Sequence(2), a.Head);
        Assert.Equal(new Sequence(1), b.Head);
    }

    [Fact]
    public async Task A_batch_over_the_limit_is_rejected_whole()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(Id);
        EventData[] events = [.. Enumerable.Repeat(new EventData(new byte[30 * 1024]), 3)];
        await Assert.ThrowsAsync<RecordTooLargeException>(async () => await stream.AppendAsync(events));
        Assert.Equal(Sequence.Zero, stream.Head);
        await stream.AppendAsync(events[..2]);
    }

    [Fact]
    public async Task Pending_bytes_are_bounded_and_callers_wait_in_order()
    {
        FaultyStorage storage = FaultyStorage.In(_directory.Options);
        await using LocalLogStore store = Local.StoreOpening.Open(_directory.Options, storage);
        using var gate = new ManualResetEventSlim(initialState: true);
        using var blocked = new ManualResetEventSlim();
        storage.Fault = (operation, path) =>
        {
            if (operation == StorageOperation.Sync && !gate.IsSet && path.EndsWith(".wal", StringComparison.Ordinal))
            {
                blocked.Set();
                gate.Wait(TimeSpan.FromSeconds(30));
            }

            return null;
        };
        await using ILogStream stream = await store.OpenAsync(Id);
        gate.Reset();
        Task<AppendResult>[] appends = [.. Enumerable.Range(0, 100).Select(_ => stream.AppendAsync(new EventData(new byte[8 * 1024])).AsTask())];
        Assert.True(blocked.Wait(TimeSpan.FromSeconds(30)));
        Assert.InRange(store.Statistics.PendingBytes, 1, 2 * _directory.Options.MaxBatchBytes);
        Assert.True(store.Statistics.WaitingAppends > 50);
        gate.Set();
        AppendResult[] results = await Task.WhenAll(appends);
        Assert.Equal(Enumerable.Range(1, 100).Select(i => new Sequence(i)), results.Select(r => r.Last));
    }

    [Fact]
    public async Task A_blocking_continuation_delays_no_append()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(Id);
        for (int round = 0; round < 20; round++)
        {
            Task<AppendResult> first = stream.AppendAsync(Payloads.Of(1)).AsTask();
            Task<AppendResult> second = stream.AppendAsync(Payloads.Of(2)).AsTask();

            // Runs where the first append is completed, and waits there for its batch mate.
            Task<bool> blocking = first.ContinueWith(
                _ => second.Wait(TimeSpan.FromSeconds(30)), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            Assert.True(await blocking);
        }
    }

    [Fact]
    public async Task Closing_commits_what_was_accepted()
    {
        LocalLogStore store = await _directory.OpenAsync();
        ILogStream stream = await store.OpenAsync(Id);
        Task<AppendResult>[] appends = [.. Enumerable.Range(0, 500).Select(i => stream.AppendAsync(new EventData(new byte[1000])).AsTask())];
        await store.DisposeAsync();
        await Task.WhenAll(appends);
        await Assert.ThrowsAsync<StoreClosedException>(async () => await stream.AppendAsync(Payloads.Of(1)));
        await using LocalLogStore reopened = await _directory.OpenAsync();
        Assert.Equal(new Lsn(500), reopened.Recovery.LastLsn);
    }

    [Fact]
    public async Task Segments_roll_by_size()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(Id);
        for (int i = 0; i < 40; i++)
            await stream.AppendAsync(new EventData(new byte[30 * 1024]));
        Assert.InRange(store.Statistics.Segments, 5, 8);
        int count = 0;
        await foreach (LogRecord record in stream.ReplayAsync())
        {
            Assert.Equal(30 * 1024, record.Payload.Length);
            count++;
        }

        Assert.Equal(40, count);
    }

    [Fact]
    public async Task Segments_roll_by_age()
    {
        var time = new ManualTime();
        await using var stepped = new SteppedStore(_directory.Options with { Time = time, SegmentAge = TimeSpan.FromMinutes(1) });
        ILogStream stream = await stepped.Store.OpenAsync(Id);
        for (int i = 0; i < 4; i++)
        {
            ValueTask<AppendResult> append = stream.AppendAsync(Payloads.Of(i));
            stepped.StepAll();
            await append;
            time.Advance(TimeSpan.FromSeconds(40));
        }

        // Started at 0 s; the batch at 80 s is the last of the first segment, the one at 120 s begins another.
        Assert.Equal(2, stepped.Store.Statistics.Segments);
    }

    [Fact]
    public async Task An_append_allocates_nothing_once_the_pools_are_full()
    {
        await using var stepped = new SteppedStore(_directory.Options with { SegmentBytes = 8 * 1024 * 1024, MaxBatchBytes = 1024 * 1024 });
        ILogStream stream = await stepped.Store.OpenAsync(Id);
        EventData data = Payloads.Of("warm");
        var appends = new ValueTask<AppendResult>[1000];
        long allocated = 0;
        for (int round = 0; round < 6; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < appends.Length; i++)
                appends[i] = stream.AppendAsync(data);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            stepped.StepAll();
            foreach (ValueTask<AppendResult> append in appends)
                await append;
        }

        // The spine grows now and then; nothing else may.
        Assert.InRange(allocated, 0, 1000);
    }
}
