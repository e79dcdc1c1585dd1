namespace Actors.Wal.Tests.Commit;

/// <summary>How segment files are made ready for the batches that come.</summary>
public sealed class SegmentFillTests : IDisposable
{
    private const int SegmentBytes = 4 * 1024 * 1024;
    private const int WritesOfFill = 4;

    // Its header.
    private const int OtherWrites = 1;

    private readonly TestDirectory _directory = new();

    private LocalLogStoreOptions Options => _directory.Options with { SegmentBytes = SegmentBytes, MaxBatchBytes = SegmentBytes / 4, MaxRecordBytes = SegmentBytes / 8 };

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(20_000, OtherWrites + WritesOfFill)]
    [InlineData(400_000, OtherWrites)]
    public async Task Segments_are_filled_with_zeros_for_small_batches_and_only_reserved_for_large_ones(int bytes, int writesPerSegment)
    {
        FaultyStorage storage = FaultyStorage.In(Options);
        await using var stepped = new SteppedStore(Options, storage);
        await using ILogStream stream = await stepped.Store.OpenAsync(new LogStreamId("s"), cancellationToken: TestContext.Current.CancellationToken);
        await FillSegmentsAsync(20);
        (long writes, long segments, long batches) = Count();
        await FillSegmentsAsync(20);
        (long writesAfter, long segmentsAfter, long batchesAfter) = Count();
        double perSegment = (double)(writesAfter - writes - (batchesAfter - batches)) / (segmentsAfter - segments);
        Assert.InRange(perSegment, writesPerSegment - 0.5, writesPerSegment + 0.5);

        async Task FillSegmentsAsync(int count)
        {
            int until = storage.CountOf(StorageOperation.Allocate) + count;
            while (storage.CountOf(StorageOperation.Allocate) < until)
            {
                Task append = stream.AppendAsync(new EventData(new byte[bytes]), cancellationToken: TestContext.Current.CancellationToken).AsTask();
                stepped.StepAll();
                await append;
            }
        }

        (long Writes, long Segments, long Batches) Count()
            => (storage.CountOf(StorageOperation.Write), storage.CountOf(StorageOperation.Allocate), stepped.Store.Statistics.Batches);
    }

    [Fact]
    public async Task Every_segment_is_filled_where_room_can_not_be_reserved()
    {
        FaultyStorage storage = FaultyStorage.In(Options);
        storage.CanReserve = false;
        await using var stepped = new SteppedStore(Options with { FillBelowBatchBytes = 0 }, storage);
        int writes = storage.CountOf(StorageOperation.Write);
        int segments = storage.CountOf(StorageOperation.Allocate);
        stepped.Store.Parts.Supply.Step();
        Assert.NotEqual(segments, storage.CountOf(StorageOperation.Allocate));
        Assert.Equal(WritesOfFill * (storage.CountOf(StorageOperation.Allocate) - segments), storage.CountOf(StorageOperation.Write) - writes);
    }

    [Fact]
    public async Task Segments_get_their_footers_while_appends_take_each_segment_as_soon_as_it_is_ready()
    {
        FaultyStorage storage = FaultyStorage.In(Options);
        await using var stepped = new SteppedStore(Options, storage);
        await using ILogStream stream = await stepped.Store.OpenAsync(new LogStreamId("s"), cancellationToken: TestContext.Current.CancellationToken);
        List<Task> appends = [.. Enumerable.Range(0, 100).Select(_ => stream.AppendAsync(new EventData(new byte[SegmentBytes / 9]), cancellationToken: TestContext.Current.CancellationToken).AsTask())];
        int allocated = storage.CountOf(StorageOperation.Allocate);
        int truncated = storage.CountOf(StorageOperation.Truncate);
        int most = 0;
        stepped.Store.Parts.Supply.Changed = () =>
        {
            while (stepped.Store.Parts.Committer.Step())
            {
            }

            most = Math.Max(most, storage.CountOf(StorageOperation.Allocate) - allocated - (storage.CountOf(StorageOperation.Truncate) - truncated));
        };
        stepped.StepAll();
        await Task.WhenAll(appends);
        Assert.InRange(storage.CountOf(StorageOperation.Allocate) - allocated, 10, 30);
        Assert.InRange(most, 1, 4);
    }
}
