using Actors.Wal.Local;

namespace Actors.Wal.Tests.Recovery;

/// <summary>The decision table of recovery, one row after the other, on files as a crash or a failing disk leaves them.</summary>
public sealed class RecoveryTests : IDisposable
{
    private static readonly LogStreamId Id = new("account/1");

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_directory_that_may_not_be_written_to_is_named_with_the_user()
    {
        IOException error = await Assert.ThrowsAsync<IOException>(() => LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = "/sys/actors-store" }, TestContext.Current.CancellationToken));
        Assert.Contains("The store in '/sys/actors-store' can't be opened", error.Message, StringComparison.Ordinal);
        Assert.Matches($"User [0-9]+ '{Environment.UserName}' must be able to write", error.Message);
    }

    [Fact]
    public async Task Only_zeros_after_the_last_batch_are_the_end()
    {
        using TestDirectory image = await CrashedAfterAsync(20);
        await using LocalLogStore store = await image.OpenAsync();
        Assert.False(store.Recovery.CleanClose);
        Assert.Null(store.Recovery.Torn);
        Assert.Equal(new Lsn(20), store.Recovery.LastLsn);
        await AssertEventsAsync(store, 20);
    }

    [Fact]
    public async Task A_torn_batch_at_the_end_is_cut_and_a_copy_is_kept()
    {
        using TestDirectory image = await CrashedAfterAsync(20);
        long batch = LastBatchOffset(image);
        Zero(Used(image)[^1], batch + 96, 64);
        await using LocalLogStore store = await image.OpenAsync();
        TornTail torn = Assert.IsType<TornTail>(store.Recovery.Torn);
        Assert.Equal(batch, torn.OffsetBytes);
        Assert.Equal(new Lsn(19), torn.LastLsn);
        Assert.Equal(1, torn.Frames);
        Assert.Equal(torn.Bytes, new FileInfo(Path.Combine(image.Path, torn.Copy)).Length);
        await AssertEventsAsync(store, 19);
    }

    [Fact]
    public async Task A_cut_batch_does_not_come_back()
    {
        using TestDirectory image = await CrashedAfterAsync(20);
        Zero(Used(image)[^1], LastBatchOffset(image) + 96, 64);
        await using (LocalLogStore store = await image.OpenAsync())
        {
            await using ILogStream stream = await store.OpenAsync(Id);
            await stream.AppendAsync(Payloads.Of("event 20 again"));
        }

        await using LocalLogStore again = await image.OpenAsync();
        await using ILogStream reread = await again.OpenAsync(Id);
        List<string> events = await reread.ReplayAsync().TextsAsync();
        Assert.Equal(20, events.Count);
        Assert.Equal("Event 20 event 20 again", events[^1]);
    }

    [Fact]
    public async Task A_damaged_batch_that_a_later_one_proves_durable_is_refused()
    {
        using TestDirectory image = await CrashedAfterAsync(20);
        string segment = Used(image)[^1];
        FlipBit(segment, BatchOffsets(segment)[10] + 120);
        Dictionary<string, byte[]> before = Contents(image);
        LogCorruptException error = await Assert.ThrowsAsync<LogCorruptException>(() => image.OpenAsync());
        Assert.EndsWith("0000000001.wal", error.File, StringComparison.Ordinal);
        Assert.Equal(BatchOffsets(segment)[10], error.OffsetBytes);
        Assert.Equal(new Lsn(9), error.Lsn);
        Assert.Contains("salvage", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Contents(image));
    }

    [Fact]
    public async Task A_damaged_final_batch_is_refused_once_an_idle_mark_proves_it()
    {
        var time = new ManualTime();
        await using var stepped = new SteppedStore(_directory.Options with { IdleMark = TimeSpan.FromSeconds(1), Time = time });
        ILogStream stream = await stepped.Store.OpenAsync(Id);
        ValueTask<AppendResult> append = stream.AppendAsync(Payloads.Of(1));
        stepped.StepAll();
        await append;
        using TestDirectory unproven = _directory.Image();
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(stepped.Step());
        using TestDirectory proven = _directory.Image();

        // The same damage, before and after the mark: a torn write for all that recovery can know, then a proven loss.
        FlipBit(unproven.Segments[0], BatchOffsets(unproven.Segments[0])[1] + 120);
        FlipBit(proven.Segments[0], BatchOffsets(proven.Segments[0])[1] + 120);
        await using (LocalLogStore cut = await unproven.OpenAsync())
            Assert.NotNull(cut.Recovery.Torn);
        await Assert.ThrowsAsync<LogCorruptException>(() => proven.OpenAsync());
    }

    [Fact]
    public async Task A_damaged_final_batch_is_refused_after_a_clean_close()
    {
        await using (LocalLogStore store = await _directory.OpenAsync())
        {
            await using ILogStream stream = await store.OpenAsync(Id);
            await stream.AppendManyAsync(20);
        }

        FlipBit(_directory.LastSegment, BatchOffsets(_directory.LastSegment)[^1] + 120);
        await Assert.ThrowsAsync<LogCorruptException>(() => _directory.OpenAsync());
    }

    [Fact]
    public async Task A_damaged_batch_in_a_sealed_segment_is_refused()
    {
        using TestDirectory image = await CrashedAfterAsync(2000);
        Assert.True(image.Segments.Count > 3);
        FlipBit(image.Segments[1], BatchOffsets(image.Segments[1])[3] + 100);
        LogCorruptException error = await Assert.ThrowsAsync<LogCorruptException>(() => image.OpenAsync());
        Assert.EndsWith("0000000002.wal", error.File, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_missing_segment_is_refused(int index)
    {
        using TestDirectory image = await CrashedAfterAsync(2000);
        string missing = image.Segments[index];
        File.Delete(missing);
        LogCorruptException error = await Assert.ThrowsAsync<LogCorruptException>(() => image.OpenAsync());
        Assert.Contains($"Segment {index + 1} is missing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_last_segment_is_refused_when_its_predecessor_was_sealed()
    {
        await using (LocalLogStore store = await _directory.OpenAsync())
        {
            await using ILogStream stream = await store.OpenAsync(Id);
            await stream.AppendManyAsync(1200);
        }

        File.Delete(_directory.LastSegment);
        await Assert.ThrowsAsync<LogCorruptException>(() => _directory.OpenAsync());
    }

    [Fact]
    public async Task A_missing_segment_of_the_last_opening_is_refused()
    {
        await using (LocalLogStore store = await _directory.OpenAsync())
        {
            await using ILogStream stream = await store.OpenAsync(Id);
            await stream.AppendManyAsync(3);
        }

        await (await _directory.OpenAsync()).DisposeAsync();
        File.Delete(_directory.LastSegment);
        LogCorruptException error = await Assert.ThrowsAsync<LogCorruptException>(() => _directory.OpenAsync());
        Assert.Contains("Segment 2 is missing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shortened_sealed_segment_is_refused()
    {
        using TestDirectory image = await CrashedAfterAsync(2000);
        Cut(image.Segments[0], 4096);
        LogCorruptException error = await Assert.ThrowsAsync<LogCorruptException>(() => image.OpenAsync());
        Assert.Contains("4096 bytes long", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_manifest_is_refused()
    {
        using TestDirectory image = await CrashedAfterAsync(5);
        File.Delete(Path.Combine(image.Path, "MANIFEST"));
        LogCorruptException error = await Assert.ThrowsAsync<LogCorruptException>(() => image.OpenAsync());
        Assert.Contains("manifest is missing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_manifest_is_refused()
    {
        using TestDirectory image = await CrashedAfterAsync(5);
        FlipBit(Path.Combine(image.Path, "MANIFEST"), 30);
        await Assert.ThrowsAsync<LogCorruptException>(() => image.OpenAsync());
    }

    [Fact]
    public async Task A_segment_of_another_store_is_refused()
    {
        using TestDirectory image = await CrashedAfterAsync(2000);
        using var other = new TestDirectory();
        await using (LocalLogStore store = await other.OpenAsync())
        {
            await using ILogStream stream = await store.OpenAsync(Id);
            await stream.AppendManyAsync(2000);
        }

        File.Copy(other.Segments[1], image.Segments[1], overwrite: true);
        await Assert.ThrowsAsync<LogCorruptException>(() => image.OpenAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_torn_first_write_into_a_new_segment_is_cut_until_the_segment_before_was_sealed(bool isSealed)
    {
        await using var stepped = new SteppedStore(_directory.Options);
        ILogStream stream = await stepped.Store.OpenAsync(Id);
        stepped.Store.Parts.Supply.Step();
        int events = 0;
        while (stepped.Store.Statistics.Segments < 2)
        {
            ValueTask<AppendResult> append = stream.AppendAsync(Payloads.Of(++events));
            stepped.Step();
            await append;
        }

        if (isSealed)
            stepped.StepAll();
        using TestDirectory image = _directory.Image();

        // Of the new segment's first write only the last sectors arrived: no header, nothing that validates.
        long batch = BatchOffsets(image.Segments[1])[0];
        Zero(image.Segments[1], 0, (int)batch + 96);
        if (isSealed)
        {
            await Assert.ThrowsAsync<LogCorruptException>(() => image.OpenAsync());
            return;
        }

        await using LocalLogStore store = await image.OpenAsync();
        Assert.NotNull(store.Recovery.Torn);
        await AssertEventsAsync(store, events - 1);
    }

    [Fact]
    public async Task Recovering_twice_gives_the_same_log()
    {
        using TestDirectory image = await CrashedAfterAsync(500);
        using TestDirectory second = image.Image();
        await using LocalLogStore once = await image.OpenAsync();
        await using LocalLogStore other = await second.OpenAsync();
        using TestDirectory crashedAgain = second.Image();
        await using LocalLogStore twice = await crashedAgain.OpenAsync();
        Assert.Equal(once.Recovery.LastLsn, twice.Recovery.LastLsn);
        Assert.Equal(once.Recovery.Frames, twice.Recovery.Frames);
        await AssertEventsAsync(twice, 500);
    }

    [Fact]
    public async Task The_directory_epoch_grows_with_every_opening()
    {
        long last = 0;
        for (int i = 0; i < 4; i++)
        {
            await using LocalLogStore store = await _directory.OpenAsync();
            Assert.True(store.Recovery.DirectoryEpoch > last);
            last = store.Recovery.DirectoryEpoch;
        }
    }

    [Fact]
    public async Task Unused_segments_are_removed_and_their_numbers_used_again()
    {
        using TestDirectory image = await CrashedAfterAsync(5);
        Assert.True(image.Segments.Count >= 2);
        await using LocalLogStore store = await image.OpenAsync();
        Assert.Equal(1, store.Recovery.Segments);
        Assert.True(new FileInfo(image.Segments[0]).Length < 64 * 1024);
    }

    [Fact]
    public async Task Whatever_is_cut_from_the_last_segment_is_refused()
    {
        using TestDirectory image = await CrashedAfterAsync(12);
        string segment = Used(image)[^1];
        long end = BatchOffsets(segment)[^1] + 512;
        for (long length = 0; length <= end; length += 256)
        {
            using TestDirectory cut = image.Image();
            Cut(Used(cut)[^1], length);
            LogCorruptException refusal = await Assert.ThrowsAsync<LogCorruptException>(() => cut.OpenAsync());
            Assert.Equal($"segments/{Path.GetFileName(segment)}", refusal.File);
        }
    }

    private async Task<TestDirectory> CrashedAfterAsync(int events)
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(Id);
        await stream.AppendManyAsync(events);
        return _directory.Image();
    }

    private static async Task AssertEventsAsync(LocalLogStore store, int count)
    {
        await using ILogStream stream = await store.OpenAsync(Id);
        Assert.Equal(Enumerable.Range(1, count).Select(i => $"Event {i} event {i}"), await stream.ReplayAsync().TextsAsync());
    }

    /// <summary>The segments that hold batches: the ones behind them were only made ready.</summary>
    private static List<string> Used(TestDirectory directory) => [.. directory.Segments.Where(s => BatchOffsets(s).Count > 0)];

    private static long LastBatchOffset(TestDirectory directory) => BatchOffsets(Used(directory)[^1])[^1];

    private static List<long> BatchOffsets(string segment)
    {
        byte[] bytes = File.ReadAllBytes(segment);
        var offsets = new List<long>();
        for (int offset = 512; offset + 96 <= bytes.Length; offset += 512)
        {
            if (bytes.AsSpan(offset + 8, 4).SequenceEqual("BTCH"u8))
                offsets.Add(offset);
        }

        return offsets;
    }

    private static Dictionary<string, byte[]> Contents(TestDirectory directory)
        => Directory.EnumerateFiles(directory.Path, "*", SearchOption.AllDirectories)
            .Where(f => Path.GetFileName(f) != "LOCK")
            .ToDictionary(f => f, File.ReadAllBytes);

    private static void FlipBit(string file, long offset) => Change(file, bytes => bytes[offset] ^= 1);

    private static void Zero(string file, long offset, int count) => Change(file, bytes => Array.Clear(bytes, (int)offset, count));

    private static void Cut(string file, long length)
    {
        using FileStream stream = File.OpenWrite(file);
        stream.SetLength(length);
    }

    private static void Change(string file, Action<byte[]> change)
    {
        byte[] bytes = File.ReadAllBytes(file);
        change(bytes);
        File.WriteAllBytes(file, bytes);
    }
}
