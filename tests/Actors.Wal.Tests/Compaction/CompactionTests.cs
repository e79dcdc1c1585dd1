using Actors.Wal.Cold;
using Actors.Wal.Inspection;
using Actors.Wal.Local;
using Actors.Wal.Recovery;
using Actors.Wal.Segments;


namespace Actors.Wal.Tests.Compaction;

public sealed class CompactionTests : IDisposable
{
    private const int Streams = 20;

    private readonly TestDirectory _directory = new();
    private readonly Dictionary<string, List<string>> _expected = [];

    private LocalLogStoreOptions Options => _directory.Options with
    {
        SegmentBytes = 64 * 1024,
        MaxBatchBytes = 16 * 1024,
        MaxRecordBytes = 8 * 1024,
        IndexSnapshotBytes = 64 * 1024,
        MaxDeadShare = 0.2,
    };

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Compactions_that_are_asked_for_at_once_are_done_one_after_the_other()
    {
        using var directory = new TestDirectory();
        await using LocalLogStore store = await directory.OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.CompactAsync(cancellationToken: TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task The_room_of_replaced_states_is_won_back_and_the_last_ones_stay()
    {
        await using (var stepped = new SteppedStore(Options))
        {
            await OverwriteAsync(stepped, rounds: 150);
            long live = Streams * 600;
            Assert.InRange(FileBytes(), 10 * live, long.MaxValue);
            stepped.Upkeep();
            Assert.Null(stepped.Store.Parts.Compactor.Counters.LastFailure);
            // The last segments are left alone: they are not in a snapshot of the index yet.
            Assert.InRange(FileBytes(), live, 6 * 64 * 1024);
            Assert.Contains(stepped.Store.Parts.Segments.All, s => s is ColdSegment);
            // One state of each stream at most: the one before it is not kept for its sake.
            Assert.InRange(stepped.Store.Parts.Segments.All.OfType<ColdSegment>().Sum(s => s.Header.Frames), 0, Streams);
            await SameAsync(stepped.Store);
        }

        await ReopenAsync();
    }

    [Fact]
    public async Task Segments_stay_until_the_name_of_the_cold_one_that_replaces_them_is_durable()
    {
        FaultyStorage storage = FaultyStorage.In(Options);
        await using (var stepped = new SteppedStore(Options, storage))
        {
            await OverwriteAsync(stepped, rounds: 50);
            int renamed = 0;
            storage.Fault = (o, path) =>
            {
                if (o == StorageOperation.Rename && path == SegmentFiles.ColdTemporary)
                    renamed++;
                return o == StorageOperation.SyncDirectory && renamed > 0 ? FaultyStorage.Error(FaultyStorage.NoMemory) : null;
            };
            stepped.Upkeep();
            Assert.Equal(1, renamed);
            IReadOnlyList<string> files = _directory.Segments;
            Assert.False(stepped.Store.Parts.Compactor.Step());
            Assert.Equal(files, _directory.Segments);

            storage.Fault = static (_, _) => null;
            stepped.Upkeep();
            Assert.InRange(_directory.Segments.Count, 1, files.Count - 1);
            await SameAsync(stepped.Store);
        }

        await ReopenAsync();
    }

    [Fact]
    public async Task Compacting_again_and_again_keeps_what_is_live()
    {
        await using (var stepped = new SteppedStore(Options))
        {
            for (int turn = 0; turn < 12; turn++)
            {
                await OverwriteAsync(stepped, rounds: 30, only: turn % 3 == 0 ? Streams : Streams / 2);
                stepped.Upkeep();
                Assert.Null(stepped.Store.Parts.Compactor.Counters.LastFailure);
                await SameAsync(stepped.Store);
            }

            Assert.InRange(stepped.Store.Parts.Compactor.Counters.Segments, 10, long.MaxValue);
        }

        await ReopenAsync();
    }

    [Fact]
    public async Task A_stream_that_keeps_all_its_history_keeps_it()
    {
        await using (var stepped = new SteppedStore(Options))
        {
            ILogStream ledger = await stepped.Store.OpenAsync(new LogStreamId("ledger"));
            _expected["ledger"] = [];
            for (int i = 0; i < 300; i++)
            {
                await AppendAsync(stepped, ledger, i);
                if (i % 100 == 50)
                    await CommitAsync(stepped, ledger.CheckpointAsync(ledger.Head, Payloads.Of("checkpoint")));
                await OverwriteAsync(stepped, rounds: 1);
            }

            stepped.Upkeep();
            Assert.InRange(stepped.Store.Parts.Compactor.Counters.Segments, 2, long.MaxValue);
            await SameAsync(stepped.Store);
            Assert.Equal(["Checkpoint 251 checkpoint", "Event 252 event 251"], await ledger.ReadAsOfAsync(new Sequence(252)).TextsAsync());
            Assert.Equal(51, (await ledger.ReadAsOfAsync(new Sequence(51)).TextsAsync()).Count);
        }

        await ReopenAsync();
    }

    [Fact]
    public async Task A_truncated_history_is_dropped_and_says_so()
    {
        await using (var stepped = new SteppedStore(Options))
        {
            ILogStream ledger = await stepped.Store.OpenAsync(new LogStreamId("ledger"));
            _expected["ledger"] = [];
            for (int i = 0; i < 400; i++)
                await AppendAsync(stepped, ledger, i, fill: 600);
            await CommitAsync(stepped, ledger.CheckpointAsync(new Sequence(390), Payloads.Of("checkpoint")));
            await using IAsyncEnumerator<LogRecord> slow = ledger.ReadAsync(new Sequence(1), new Sequence(400)).GetAsyncEnumerator(TestContext.Current.CancellationToken);
            Assert.True(await slow.MoveNextAsync());
            await using IAsyncEnumerator<LogRecord> late = ledger.ReadAsync(new Sequence(200), new Sequence(1)).GetAsyncEnumerator(TestContext.Current.CancellationToken);
            Assert.True(await late.MoveNextAsync());

            await CommitAsync(stepped, ledger.TruncateAsync(new Sequence(385)));
            _expected["ledger"].RemoveRange(0, 384);
            stepped.Upkeep();
            Assert.InRange(FileBytes(), 0, 5 * 64 * 1024);
            await SameAsync(stepped.Store);
            Assert.Equal(["Checkpoint 390 checkpoint"], await ledger.ReadAsOfAsync(new Sequence(390)).TextsAsync());
            await Assert.ThrowsAsync<HistoryTruncatedException>(() => ledger.ReadAsOfAsync(new Sequence(386)).TextsAsync());
            // Who was reading when the history went is told, and not with an error about damage.
            await Assert.ThrowsAsync<HistoryTruncatedException>(async () =>
            {
                while (await late.MoveNextAsync())
                {
                }
            });
        }

        await ReopenAsync();
    }

    [Fact]
    public async Task A_deleted_stream_does_not_come_back_when_the_whole_log_is_read()
    {
        await using (var stepped = new SteppedStore(Options))
        {
            ILogStream kept = await stepped.Store.OpenAsync(new LogStreamId("keeps the first segment alive"));
            _expected["keeps the first segment alive"] = [];
            for (int i = 0; i < 60; i++)
                await AppendAsync(stepped, kept, i, fill: 700);
            ILogStream gone = await stepped.Store.OpenAsync(new LogStreamId("gone"));
            await CommitAsync(stepped, gone.AppendAsync(Payloads.Of("in the first segment")).AsVoid());
            await OverwriteAsync(stepped, rounds: 20);
            await CommitAsync(stepped, gone.AppendAsync(Payloads.Of("in another one")).AsVoid());
            ILogStream again = await stepped.Store.OpenAsync(new LogStreamId("again"));
            await CommitAsync(stepped, again.AppendAsync(Payloads.Of("of the first life")).AsVoid());
            await OverwriteAsync(stepped, rounds: 20);
            await CommitAsync(stepped, gone.DeleteAsync());
            await CommitAsync(stepped, again.DeleteAsync());
            again = await stepped.Store.OpenAsync(new LogStreamId("again"));
            _expected["again"] = [];
            await AppendAsync(stepped, again, 1);
            for (int turn = 0; turn < 5; turn++)
            {
                await OverwriteAsync(stepped, rounds: 20);
                stepped.Upkeep();
            }

            Assert.Null(stepped.Store.Parts.Compactor.Counters.LastFailure);
            await SameAsync(stepped.Store);
        }

        await ReopenAsync();
    }

    [Fact]
    public async Task The_change_feed_gives_what_is_left_in_the_order_of_the_log()
    {
        await using var stepped = new SteppedStore(Options);
        await OverwriteAsync(stepped, rounds: 100);
        await using IAsyncEnumerator<LogRecord> before = stepped.Store.SubscribeAsync(new Lsn(1)).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await before.MoveNextAsync());
        stepped.Upkeep();

        var last = new Lsn(0);
        var states = new Dictionary<string, string>();
        await using IAsyncEnumerator<LogRecord> records = stepped.Store.SubscribeAsync(new Lsn(1)).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        while (last < stepped.Store.Statistics.Published && await records.MoveNextAsync())
        {
            Assert.True(records.Current.Lsn > last);
            last = records.Current.Lsn;
            states[records.Current.Stream.Value] = $"State {records.Current.Sequence} {records.Current.Text()}";
        }

        Assert.Equal(_expected.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => e.Value[^1]), states.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => s.Value));
        // Who was following when the segments were replaced goes on.
        while (before.Current.Lsn < last)
            Assert.True(await before.MoveNextAsync());
    }

    [Fact]
    public async Task Files_that_a_crash_left_beside_their_cold_segment_are_deleted_by_the_next_opening()
    {
        List<(string Path, byte[] Bytes)> originals;
        await using (var stepped = new SteppedStore(Options))
        {
            await OverwriteAsync(stepped, rounds: 100);
            originals = [.. _directory.Segments.Select(s => (s, File.ReadAllBytes(s)))];
            stepped.Upkeep();
        }

        HashSet<string> after = [.. _directory.Segments];
        List<(string Path, byte[] Bytes)> replaced = [.. originals.Take(10).Where(o => !after.Contains(o.Path))];
        Assert.NotEmpty(replaced);
        foreach ((string path, byte[] bytes) in replaced)
            await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(_directory.Path, "segments", "cold.tmp"), [1, 2, 3], TestContext.Current.CancellationToken);
        await ReopenAsync();
        Assert.DoesNotContain(_directory.Segments, s => replaced.Exists(r => r.Path == s) || s.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_missing_cold_segment_is_named()
    {
        await using (var stepped = new SteppedStore(Options))
        {
            await OverwriteAsync(stepped, rounds: 100);
            stepped.Upkeep();
        }

        File.Delete(_directory.Segments.First(s => s.EndsWith(".cold", StringComparison.Ordinal)));
        LogCorruptException error = await Assert.ThrowsAsync<LogCorruptException>(() => LocalLogStore.OpenAsync(Options, TestContext.Current.CancellationToken));
        Assert.Contains("Segment 1 is missing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_segments_stay_and_are_reported_and_the_others_are_compacted()
    {
        await using var stepped = new SteppedStore(Options);
        await OverwriteAsync(stepped, rounds: 100);
        stepped.Store.Parts.Saver.Step();
        foreach (string segment in _directory.Segments.Take(3))
        {
            await using FileStream file = File.OpenWrite(segment);
            file.Position = 20_000;
            file.Write(new byte[600]);
        }

        List<string> before = [.. _directory.Segments];
        stepped.Upkeep();
        LocalStoreStatistics statistics = stepped.Store.Statistics;
        Assert.Equal(before.Take(3).Select(Path.GetFileName), statistics.Damages.Select(d => Path.GetFileName(d.File)).Order());
        Assert.All(before.Take(3), s => Assert.Contains(s, _directory.Segments));
        Assert.True(statistics.CompactedSegments > before.Count / 2, $"Of {before.Count} segments {statistics.CompactedSegments} were compacted.");
        await OverwriteAsync(stepped, rounds: 100);
        stepped.Upkeep();
        Assert.InRange(_directory.Segments.Count, 4, before.Count);
    }

    private async Task OverwriteAsync(SteppedStore stepped, int rounds, int only = Streams)
    {
        for (int i = 0; i < only; i++)
        {
            string name = $"state {i}";
            await using ILogStream stream = await stepped.Store.OpenAsync(new LogStreamId(name), new StreamOptions { Retention = Retention.Last }, TestContext.Current.CancellationToken);
            for (int round = 0; round < rounds; round++)
            {
                string text = $"{round} {new string('x', 400)}";
                await CommitAsync(stepped, stream.AppendStateAsync(Payloads.Of(text)).AsVoid());
                _expected[name] = [$"State {stream.Head} {text}"];
            }
        }
    }

    private async Task AppendAsync(SteppedStore stepped, ILogStream stream, int number, int fill = 0)
    {
        string text = $"event {number}{new string('.', fill)}";
        await CommitAsync(stepped, stream.AppendAsync(Payloads.Of(text)).AsVoid());
        _expected[stream.Id.Value].Add($"Event {stream.Head} {text}");
    }

    private static async Task CommitAsync(SteppedStore stepped, ValueTask append)
    {
        Task task = append.AsTask();
        stepped.StepAll();
        await task;
    }

    /// <summary>Opens the store with its snapshot, then without, and verifies all of its files.</summary>
    private async Task ReopenAsync()
    {
        await using (LocalLogStore store = await LocalLogStore.OpenAsync(Options, TestContext.Current.CancellationToken))
        {
            Assert.NotNull(store.Recovery.SnapshotLsn);
            await SameAsync(store);
        }

        await using (LocalLogStore store = await LocalLogStore.OpenAsync(Options with { VerifyOnOpen = true }, TestContext.Current.CancellationToken))
        {
            Assert.Null(store.Recovery.SnapshotLsn);
            await SameAsync(store);
        }

        var storage = ReadOnlyLog.Storage(_directory.Path);
        using var verification = new LogVerification(storage, StoreDirectory.Read(storage));
        Assert.Empty(verification.Run(TestContext.Current.CancellationToken).Problems);
    }

    private async Task SameAsync(LocalLogStore store)
    {
        var names = new List<string>();
        await foreach (StreamInfo info in store.ListAsync(cancellationToken: TestContext.Current.CancellationToken))
            names.Add(info.Id.Value);
        Assert.Equal(_expected.Keys.Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
        foreach ((string name, List<string> events) in _expected)
        {
            await using ILogStream stream = await store.OpenAsync(new LogStreamId(name), new StreamOptions { Retention = Retention.Last }, TestContext.Current.CancellationToken);
            Assert.Equal(events, await stream.ReadAsync(new Sequence(1), new Sequence(long.MaxValue)).TextsAsync());
        }
    }

    private long FileBytes() => _directory.Segments.Sum(s => new FileInfo(s).Length);
}
