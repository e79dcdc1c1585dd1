using Actors.Wal.Commit;
using Actors.Wal.Local;
using Actors.Wal.Segments;


namespace Actors.Wal.Tests.Commit;

/// <summary>Errors of the file system while the store runs.</summary>
public sealed class FaultTests : IDisposable
{
    private static readonly LogStreamId Id = new("account/1");

    private readonly TestDirectory _directory = new();
    private readonly FaultyStorage _storage;

    public FaultTests() => _storage = FaultyStorage.In(_directory.Options);

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(StorageOperation.Write)]
    [InlineData(StorageOperation.Sync)]
    public async Task A_failed_write_or_flush_is_final(object operation)
    {
        await using (LocalLogStore store = Local.StoreOpening.Open(_directory.Options, _storage))
        {
            ILogStream stream = await store.OpenAsync(Id);
            await stream.AppendManyAsync(3);
            bool failed = false;
            int syncs = 0;
            _storage.Fault = (o, path) =>
            {
                if (!path.EndsWith("0000000001.wal", StringComparison.Ordinal))
                    return null;
                syncs += o == StorageOperation.Sync ? 1 : 0;
                if (failed || o != (StorageOperation)operation)
                    return null;
                failed = true;
                return FaultyStorage.Error(FaultyStorage.InputOutput);
            };
            AppendOutcomeUnknownException error = await Assert.ThrowsAsync<AppendOutcomeUnknownException>(async () => await stream.AppendAsync(Payloads.Of(4)));
            Assert.Contains("LSN 3", error.Message, StringComparison.Ordinal);

            // Nothing is acknowledged any more, though the disk would take it: and nothing is flushed again.
            int before = syncs;
            await Assert.ThrowsAsync<StoreFailedException>(async () => await stream.AppendAsync(Payloads.Of(5)));
            await Assert.ThrowsAsync<StoreFailedException>(async () => await store.FlushAsync());
            Assert.Equal(before, syncs);
            Assert.NotNull(store.Statistics.Failure);
            Assert.False(stream.IsOwner);

            // Nobody else has it for that, and what was acknowledged can be read.
            Assert.True(await stream.ConfirmOwnershipAsync());
            Assert.False(stream.OwnershipLost.IsCancellationRequested);
            Assert.Equal(3, (await stream.ReplayAsync().TextsAsync()).Count);
        }

        await using LocalLogStore reopened = await _directory.OpenAsync();
        await using ILogStream again = await reopened.OpenAsync(Id);
        Assert.InRange(again.Head.Value, 3, 4);
        await again.AppendAsync(Payloads.Of("later"));
    }

    [Fact]
    public async Task Calls_that_had_not_been_written_are_rejected_when_the_store_fails()
    {
        await using LocalLogStore store = Local.StoreOpening.Open(_directory.Options, _storage);
        ILogStream stream = await store.OpenAsync(Id);
        using var entered = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        _storage.Fault = (o, path) =>
        {
            if (o != StorageOperation.Sync || !path.EndsWith("0000000001.wal", StringComparison.Ordinal))
                return null;
            entered.Set();
            leave.Wait(TimeSpan.FromSeconds(30));
            return FaultyStorage.Error(FaultyStorage.InputOutput);
        };
        Task<AppendResult> inFlight = stream.AppendAsync(Payloads.Of(1)).AsTask();
        Assert.True(entered.Wait(TimeSpan.FromSeconds(30)));
        Task<AppendResult> behind = stream.AppendAsync(Payloads.Of(2)).AsTask();
        leave.Set();
        await Assert.ThrowsAsync<AppendOutcomeUnknownException>(() => inFlight);
        await Assert.ThrowsAsync<StoreFailedException>(() => behind);
    }

    [Fact]
    public async Task A_full_disk_rejects_appends_and_they_resume_when_there_is_room()
    {
        // Room for three segments, whenever they are prepared: one in use and two ready.
        bool full = true;
        int allocated = 0;
        _storage.Fault = (o, _) => o == StorageOperation.Allocate && ++allocated > 3 && Volatile.Read(ref full) ? FaultyStorage.Error(FaultyStorage.NoSpace) : null;
        await using LocalLogStore store = Local.StoreOpening.Open(_directory.Options, _storage);
        await using ILogStream stream = await store.OpenAsync(Id);
        int written = 0;
        StoreFullException? error = null;
        while (error is null)
        {
            try
            {
                await stream.AppendAsync(new EventData(new byte[30 * 1024]));
                written++;
            }
            catch (StoreFullException e)
            {
                error = e;
            }
        }

        Assert.Contains("no room for segment", error.Message, StringComparison.Ordinal);
        // The end of the last one is kept for what makes room.
        Assert.Equal((3 * 8) - 1, written);
        Assert.Null(store.Statistics.Failure);
        Assert.Equal(written, (await CountAsync(stream)));
        await Assert.ThrowsAsync<StoreFullException>(async () => await stream.AppendAsync(new EventData(new byte[30 * 1024])));

        Volatile.Write(ref full, false);
        while (true)
        {
            try
            {
                AppendResult result = await stream.AppendAsync(new EventData(new byte[30 * 1024]));
                Assert.Equal(written + 1, result.Last.Value);
                break;
            }
            catch (StoreFullException)
            {
                // The next look for room comes within FullRetry.
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task An_append_that_waits_for_a_ready_segment_is_not_rejected_on_a_full_disk()
    {
        // Room for two segments: one in use and one ready.
        int allocated = 0;
        _storage.Fault = (o, _) => o == StorageOperation.Allocate && ++allocated > 2 ? FaultyStorage.Error(FaultyStorage.NoSpace) : null;
        await using var stepped = new SteppedStore(_directory.Options, _storage);
        (SegmentSupply supply, AppendQueue queue) = (stepped.Store.Parts.Supply, stepped.Store.Parts.Queue);
        ILogStream stream = await stepped.Store.OpenAsync(Id);
        supply.Step();
        Assert.True(supply is { Full: not null, HasReady: true });
        for (int i = 0; i < 8; i++)
            await AppendAsync();

        ValueTask<AppendResult> next = stream.AppendAsync(new EventData(new byte[30 * 1024]));
        Assert.Equal(1, queue.WaitingCount);
        queue.RefuseWaiting(); // as after each look for room
        Assert.False(next.IsCompleted);
        stepped.Step();
        Assert.Equal(9, (await next).Last.Value);
        for (int i = 9; i < 15; i++)
            await AppendAsync();
        await Assert.ThrowsAsync<StoreFullException>(AppendAsync);

        async Task AppendAsync()
        {
            ValueTask<AppendResult> append = stream.AppendAsync(new EventData(new byte[30 * 1024]));
            stepped.Step();
            await append;
        }
    }

    [Fact]
    public async Task A_store_that_finds_no_room_at_all_does_not_open_and_leaves_nothing_half()
    {
        _storage.Fault = (o, _) => o == StorageOperation.Allocate ? FaultyStorage.Error(FaultyStorage.NoSpace) : null;
        Assert.Throws<StoreFullException>(() => Local.StoreOpening.Open(_directory.Options, _storage));
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(Id);
        await stream.AppendAsync(Payloads.Of(1));
    }

    private static async Task<int> CountAsync(ILogStream stream)
    {
        int count = 0;
        await foreach (LogRecord _ in stream.ReplayAsync())
            count++;
        return count;
    }
}
