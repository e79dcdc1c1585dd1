using Actors.Wal.Local;

namespace Actors.Wal.Tests.Compaction;

public sealed class QuotaTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private LocalLogStoreOptions Options => _directory.Options with
    {
        SegmentBytes = 64 * 1024,
        MaxBatchBytes = 16 * 1024,
        MaxRecordBytes = 8 * 1024,
        QuotaBytes = 10 * 64 * 1024,
    };

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task States_that_are_overwritten_for_long_stay_within_the_quota_and_are_never_rejected()
    {
        // Neither the share of dead bytes nor the size of a snapshot would be reason enough to compact.
        await using var stepped = new SteppedStore(Options with { MaxDeadShare = 1 });
        for (int i = 0; i < 3000; i++)
        {
            await using ILogStream stream = await stepped.Store.OpenAsync(new LogStreamId($"state {i % 20}"), new StreamOptions { Retention = Retention.Last }, TestContext.Current.CancellationToken);
            Task append = stream.AppendStateAsync(Payloads.Of(new string('x', 700)), cancellationToken: TestContext.Current.CancellationToken).AsTask();
            stepped.StepAll();
            await append;
            if (i % 50 == 0)
                stepped.Upkeep();
            Assert.InRange(_directory.Segments.Sum(s => new FileInfo(s).Length), 0, Options.QuotaBytes!.Value);
        }

        Assert.Null(stepped.Store.Statistics.Full);
        Assert.InRange(stepped.Store.Statistics.CompactedSegments, 20, long.MaxValue);
    }

    [Fact]
    public async Task A_full_store_can_be_opened_again_to_make_room_in_it()
    {
        for (int opening = 0; opening < 8; opening++)
        {
            await using LocalLogStore store = await LocalLogStore.OpenAsync(Options, TestContext.Current.CancellationToken);
            await using ILogStream stream = await store.OpenAsync(new LogStreamId("ledger"), cancellationToken: TestContext.Current.CancellationToken);
            await Assert.ThrowsAsync<StoreFullException>(async () =>
            {
                for (int i = 0; i < 2000; i++)
                    await stream.AppendAsync(Payloads.Of(new string('x', 700)), cancellationToken: TestContext.Current.CancellationToken);
            });
            Assert.InRange(_directory.Segments.Sum(s => new FileInfo(s).Length), 0, Options.QuotaBytes!.Value);
        }

        await using LocalLogStore full = await LocalLogStore.OpenAsync(Options, TestContext.Current.CancellationToken);
        await using ILogStream ledger = await full.OpenAsync(new LogStreamId("ledger"), cancellationToken: TestContext.Current.CancellationToken);
        await ledger.CheckpointAsync(ledger.Head, Payloads.Of("state"), TestContext.Current.CancellationToken);
        await ledger.TruncateAsync(ledger.Head, TestContext.Current.CancellationToken);
        await full.CompactAsync(cancellationToken: TestContext.Current.CancellationToken);
        for (int i = 0; i < 200; i++)
            await ledger.AppendAsync(Payloads.Of(new string('x', 700)), cancellationToken: TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Appends_over_the_quota_are_rejected_until_truncation_frees_room()
    {
        await using LocalLogStore store = await LocalLogStore.OpenAsync(Options, TestContext.Current.CancellationToken);
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("ledger"), cancellationToken: TestContext.Current.CancellationToken);
        StoreFullException full = await Assert.ThrowsAsync<StoreFullException>(async () =>
        {
            for (int i = 0; i < 2000; i++)
                await stream.AppendAsync(Payloads.Of(new string('x', 700)), cancellationToken: TestContext.Current.CancellationToken);
        });
        Assert.Contains($"its quota is {Options.QuotaBytes}", full.Message, StringComparison.Ordinal);
        Assert.InRange(store.Statistics.FileBytes, 0, Options.QuotaBytes!.Value);
        Assert.NotNull(store.Statistics.Full);
        Sequence head = stream.Head;

        // What makes room still fits.
        await stream.CheckpointAsync(head, Payloads.Of("state"), TestContext.Current.CancellationToken);
        await stream.TruncateAsync(head, TestContext.Current.CancellationToken);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        for (int i = 0; i < 300;)
        {
            patience.Token.ThrowIfCancellationRequested();
            try
            {
                await stream.AppendAsync(Payloads.Of(new string('y', 700)), cancellationToken: patience.Token);
                i++;
            }
            catch (StoreFullException)
            {
                await Task.Yield(); // until compaction is through
            }
        }

        Assert.Equal(new Sequence(head.Value + 300), stream.Head);
        Assert.Null(store.Statistics.CompactionFailure);
    }

    [Fact]
    public async Task Reserve_holds_when_a_full_store_is_detected_late()
    {
        await using var stepped = new SteppedStore(Options);
        await using ILogStream stream = await stepped.Store.OpenAsync(new LogStreamId("ledger"), cancellationToken: TestContext.Current.CancellationToken);
        Task append;
        do
        {
            append = AppendAsync(stream);

            // From here on segments are used up, and nobody looks whether there may be more.
            if (stepped.Store.Statistics.FileBytes + (2 * Options.SegmentBytes) <= Options.QuotaBytes)
                stepped.StepAll();
            else
                stepped.Step();
        }
        while (append.IsCompletedSuccessfully);
        stepped.StepAll();
        await Assert.ThrowsAsync<StoreFullException>(() => append);
        await MakeRoomAsync(stepped, stream);
    }

    [Fact]
    public async Task Reserve_holds_when_the_last_segment_has_reached_its_age()
    {
        var time = new ManualTime();
        await using var stepped = new SteppedStore(Options with { Time = time, SegmentAge = TimeSpan.FromHours(1) });
        await using ILogStream stream = await stepped.Store.OpenAsync(new LogStreamId("ledger"), cancellationToken: TestContext.Current.CancellationToken);
        for (int round = 0; round < 3; round++)
        {
            await Assert.ThrowsAsync<StoreFullException>(async () =>
            {
                for (int i = 0; i < 2000; i++)
                    await CommitAsync(stepped, AppendAsync(stream));
            });
            time.Advance(TimeSpan.FromHours(2));
            await MakeRoomAsync(stepped, stream);
        }
    }

    [Fact]
    public async Task A_quota_without_room_to_work_in_is_refused()
    {
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => LocalLogStore.OpenAsync(Options with { QuotaBytes = 7 * 64 * 1024 }, TestContext.Current.CancellationToken));
        Assert.Contains("QuotaBytes is 458752; it must be at least 8 times SegmentBytes", error.Message, StringComparison.Ordinal);
    }

    private static async Task MakeRoomAsync(SteppedStore stepped, ILogStream stream)
    {
        await CommitAsync(stepped, stream.CheckpointAsync(stream.Head, Payloads.Of("state"), TestContext.Current.CancellationToken).AsTask());
        await CommitAsync(stepped, stream.TruncateAsync(stream.Head, TestContext.Current.CancellationToken).AsTask());
        stepped.Upkeep();
        await CommitAsync(stepped, AppendAsync(stream));
    }

    private static Task CommitAsync(SteppedStore stepped, Task call)
    {
        stepped.StepAll();
        return call;
    }

    private static Task<AppendResult> AppendAsync(ILogStream stream)
        => stream.AppendAsync(Payloads.Of(new string('x', 700)), cancellationToken: TestContext.Current.CancellationToken).AsTask();
}
