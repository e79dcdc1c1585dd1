using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;
using Actors.Wal.Local;
using Counting;
using MessagePack;
using Orleans.Storage;

namespace Actors.Orleans.Tests.GrainLogs;

public sealed class GrainLogTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task State_is_replayed_after_a_clean_restart()
    {
        await using (WalCluster cluster = await WalCluster.StartAsync(_directory))
            await WriteAsync(cluster.Notebook("a"), 25);
        await using WalCluster restarted = await WalCluster.StartAsync(_directory);
        Assert.Equal(Lines(25), await restarted.Notebook("a").Read());
        Assert.Equal(26, await restarted.Notebook("a").Write("26"));
    }

    [Fact]
    public async Task State_is_replayed_after_a_silo_was_killed()
    {
        WalCluster cluster = await WalCluster.StartAsync(_directory);
        await WriteAsync(cluster.Notebook("a"), 25);
        using TestDirectory image = _directory.Image();
        await cluster.Cluster.KillSiloAsync(cluster.Cluster.Silos[0]);
        await cluster.Cluster.DisposeAsync();
        await using WalCluster restarted = await WalCluster.StartAsync(image);
        Assert.Equal(Lines(25), await restarted.Notebook("a").Read());
    }

    [Fact]
    public async Task Checkpoint_and_tail_give_what_full_replay_gives()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory, o =>
        {
            o.CheckpointEvents = 10;
            o.CheckpointAtDeactivation = false;
        });
        INotebookGrain notebook = cluster.Notebook("a");
        await WriteAsync(notebook, 37);
        await notebook.TakeCheckpoint();
        await WriteAsync(notebook, 4, 38);
        await cluster.Cluster.DeactivateAsync(notebook);
        Assert.Equal(Lines(41), await notebook.Read());
        Assert.Equal(4, await notebook.GetReplayed());
        Assert.Equal(37, await notebook.GetCheckpoint());
        for (long version = 1; version <= 41; version += 5)
            Assert.Equal(Lines((int)version), await notebook.ReadAt(version));
    }

    [Fact]
    public async Task Events_are_applied_outside_of_the_callers_context_and_the_code_that_awaits_keeps_it()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        Assert.Equal("nobody, Ann", await cluster.Notebook("a").WriteAs("1", "Ann"));
    }

    [Fact]
    public async Task Events_that_are_acknowledged_at_once_are_applied_outside_of_the_callers_context_too()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using WalCluster cluster = await WalCluster.StartSharedAsync(store, 1, wrap: AppendAtOnce.Wrap);
        for (int i = 1; i <= 3; i++)
            Assert.Equal("nobody, Ann", await cluster.Notebook("a").WriteAs($"{i}", "Ann"));
        Assert.Equal(Lines(3), await cluster.Notebook("a").Read());
    }

    [Fact]
    public async Task Checkpoints_are_taken_by_themselves_every_so_many_events()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory, o => o.CheckpointEvents = 10);
        INotebookGrain notebook = cluster.Notebook("a");
        for (int i = 1; await notebook.GetCheckpoint() is null; i++)
        {
            Assert.True(i < 500);
            await notebook.Write($"{i}");
        }

        Assert.True(await notebook.GetCheckpoint() >= 10);
    }

    [Fact]
    public async Task Checkpoints_are_taken_by_themselves_every_so_many_bytes()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory, o => o.CheckpointBytes = 2000);
        INotebookGrain notebook = cluster.Notebook("a");
        for (int i = 1; await notebook.GetCheckpoint() is null; i++)
        {
            Assert.True(i < 100);
            await notebook.Write(new string('x', 500));
        }
    }

    [Fact]
    public async Task Checkpoints_are_taken_by_themselves_when_the_events_lie_far_from_each_other()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory, o =>
        {
            o.CheckpointSpread = 3;
            o.CheckpointAtDeactivation = false;
        });
        INotebookGrain notebook = cluster.Notebook("a");
        await WriteAsync(notebook, 20);
        Assert.Null(await notebook.GetCheckpoint());
        await FillAsync(cluster.Store);
        await notebook.Write("21");
        // What a new activation replays counts as what the old one wrote.
        await cluster.Cluster.DeactivateAsync(notebook);
        Assert.Equal(21, await notebook.GetReplayed());
        Assert.Null(await notebook.GetCheckpoint());
        await FillAsync(cluster.Store);
        for (int i = 22; await notebook.GetCheckpoint() is null; i++)
        {
            Assert.True(i < 500);
            await notebook.Write($"{i}");
        }

        Assert.True(await notebook.GetCheckpoint() >= 22);

        static async Task FillAsync(ILogStore store)
        {
            await using ILogStream other = await store.OpenAsync(new LogStreamId("other"));
            EventData[] events = [.. Enumerable.Repeat(new EventData(new byte[8]), 1024)];
            for (int i = 0; i < 64; i++)
                await other.AppendAsync(events);
        }
    }

    [Fact]
    public async Task A_deactivating_grain_takes_a_checkpoint()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        INotebookGrain notebook = cluster.Notebook("a");
        await WriteAsync(notebook, 5);
        await cluster.Cluster.DeactivateAsync(notebook);
        Assert.Equal(5, await notebook.GetCheckpoint());
        Assert.Equal(0, await notebook.GetReplayed());
        Assert.Equal(Lines(5), await notebook.Read());
    }

    [Fact]
    public async Task A_wrong_expected_version_is_refused()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        INotebookGrain notebook = cluster.Notebook("a");
        Assert.Equal(1, await notebook.WriteIf("1", 0));
        await Assert.ThrowsAsync<InconsistentStateException>(() => notebook.WriteIf("2", 0));
        await cluster.Cluster.WaitForDeactivationAsync(notebook);
        Assert.Equal(2, await notebook.WriteIf("2", 1));
        Assert.Equal(Lines(2), await notebook.Read());
    }

    [Fact]
    public async Task Interleaved_appends_are_applied_in_log_order()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        INotebookGrain notebook = cluster.Notebook("a");
        var random = new Random(3);
        Task<long>[] writes = [.. Enumerable.Range(0, 400).Select(i => random.Next(4) == 0
            ? notebook.WriteAll([$"{i}a", $"{i}b"])
            : notebook.Write($"{i}"))];
        await Task.WhenAll(writes);
        string[] state = await notebook.Read();
        string[] history = await notebook.ReadHistory(1, 10_000);
        Assert.Equal(state.Select((line, i) => $"{i + 1} {line}"), history);
        await cluster.Cluster.DeactivateAsync(notebook);
        Assert.Equal(state, await notebook.Read());
    }

    [Fact]
    public async Task Appends_awaited_together_go_on_in_the_grains_turns_with_their_events_applied()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        INotebookGrain notebook = cluster.Notebook("a");
        string[] texts = [.. Enumerable.Range(1, 50).Select(i => $"line {i}")];
        Assert.Equal(Enumerable.Range(1, 50).Select(i => $"{i}:{i}:True"), await notebook.WriteTogether(texts));
    }

    [Fact]
    public async Task Unawaited_appends_are_applied_too()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        INotebookGrain notebook = cluster.Notebook("a");
        await notebook.WriteUnawaited(["1", "2", "3"]);
        await notebook.Write("4");
        Assert.Equal(["1", "2", "3", "4"], await notebook.Read());
    }

    [Fact]
    public async Task A_result_that_is_read_too_early_disturbs_nothing()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        INotebookGrain notebook = cluster.Notebook("a");
        Assert.Equal(nameof(InvalidOperationException), await notebook.ReadTooEarly("1"));
        await notebook.Write("2");
        Assert.Equal(["1", "2"], await notebook.Read());
    }

    [Fact]
    public async Task An_event_that_can_not_be_applied_fails_the_call_and_then_every_activation()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        INotebookGrain notebook = cluster.Notebook("a");
        await WriteAsync(notebook, 2);
        GrainLogApplyException live = await Assert.ThrowsAsync<GrainLogApplyException>(() => notebook.Write("!no"));
        Assert.Equal(3, live.Version);
        Assert.Equal(nameof(LineForbidden), live.EventType);
        await cluster.Cluster.WaitForDeactivationAsync(notebook);
        Exception replay = await Assert.ThrowsAnyAsync<Exception>(() => notebook.Read());
        GrainLogApplyException cause = Assert.IsType<GrainLogApplyException>(Innermost<GrainLogApplyException>(replay));
        Assert.Contains("Event 3 (LineForbidden)", cause.Message, StringComparison.Ordinal);
        Assert.Equal(Lines(1), await cluster.Notebook("b").WriteAndReadAsync());
    }

    [Fact]
    public async Task An_event_behind_one_that_can_not_be_applied_is_reported_as_written()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        INotebookGrain notebook = cluster.Notebook("a");
        await WriteAsync(notebook, 2);
        string error = await notebook.WriteBehindForbidden("4");
        Assert.StartsWith($"{nameof(GrainLogApplyException)}: Event 4 (LineWritten)", error, StringComparison.Ordinal);
        Assert.Contains("is in the log", error, StringComparison.Ordinal);
        Assert.DoesNotContain("call again", error, StringComparison.Ordinal);
        Assert.Equal(new Sequence(4), (await cluster.Store.FindAsync(new LogStreamId($"{notebook.GetGrainId()}/notebook"), TestContext.Current.CancellationToken))?.Head);
    }

    [Fact]
    public async Task An_explicit_checkpoint_holds_the_state_of_its_own_version_however_calls_interleave()
    {
        const int Grains = 60;
        await using (WalCluster cluster = await WalCluster.StartAsync(_directory, o => o.CheckpointEvents = 2))
        {
            await Task.WhenAll(Enumerable.Range(0, Grains).Select(async g =>
            {
                IPileGrain pile = cluster.Client.GetGrain<IPileGrain>($"p{g}");
                await Task.WhenAll(Enumerable.Range(1, 12).Select(i => i % 4 == 3 ? pile.TakeCheckpoint() : pile.Add(i)));
            }));
        }

        long expected = Enumerable.Range(1, 12).Where(i => i % 4 != 3).Sum();
        await using WalCluster restarted = await WalCluster.StartAsync(_directory);
        for (int g = 0; g < Grains; g++)
            Assert.Equal(expected, await restarted.Client.GetGrain<IPileGrain>($"p{g}").GetTotal());
    }

    [Fact]
    public async Task A_grain_migrates_with_its_state_and_goes_on_without_replay()
    {
        await using LocalLogStore store = await _directory.OpenAsync(o => o with { SegmentBytes = 1024 * 1024 });
        await using WalCluster cluster = await WalCluster.StartSharedAsync(store, 2, o => o.CheckpointAtDeactivation = false);
        INotebookGrain notebook = cluster.Notebook("a");
        await WriteAsync(notebook, 12);
        string before = await notebook.GetActivation();
        await cluster.MoveAsync(notebook);
        Assert.Equal(Lines(12), await notebook.Read());
        Assert.NotEqual(before, await notebook.GetActivation());
        Assert.Equal(0, await notebook.GetReplayed());
        Assert.Equal(13, await notebook.Write("13"));
        Assert.Equal(Lines(13), await notebook.Read());
    }

    [Fact]
    public async Task A_grain_whose_log_went_on_while_it_migrated_replays_it()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        bool intrudes = false;
        await using WalCluster cluster = await WalCluster.StartSharedAsync(store, 2, o => o.CheckpointAtDeactivation = false, async id =>
        {
            if (!intrudes)
                return;
            intrudes = false;
            await using ILogStream stream = await store.OpenAsync(id);
            await stream.AppendAsync(new EventData(MessagePackSerializer.Serialize<NotebookEvent>(new LineWritten("13")), (byte)LogCodec.MessagePack));
        });
        INotebookGrain notebook = cluster.Notebook("a");
        await WriteAsync(notebook, 12);
        intrudes = true;
        await notebook.Migrate();
        Assert.Equal(Lines(13), await notebook.Read());
        Assert.Equal(13, await notebook.GetReplayed());
        Assert.Equal(14, await notebook.Write("14"));
    }

    [Fact]
    public async Task A_grain_whose_log_was_replaced_by_one_of_the_same_length_while_it_migrated_replays_it()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        bool intrudes = false;
        await using WalCluster cluster = await WalCluster.StartSharedAsync(store, 2, o => o.CheckpointAtDeactivation = false, async id =>
        {
            if (!intrudes)
                return;
            intrudes = false;
            await using (ILogStream old = await store.OpenAsync(id))
                await old.DeleteAsync();
            await using ILogStream stream = await store.OpenAsync(id);
            foreach (string line in Lines(12).Reverse())
                await stream.AppendAsync(new EventData(MessagePackSerializer.Serialize<NotebookEvent>(new LineWritten(line)), (byte)LogCodec.MessagePack));
        });
        INotebookGrain notebook = cluster.Notebook("a");
        await WriteAsync(notebook, 12);
        intrudes = true;
        await notebook.Migrate();
        Assert.Equal(Lines(12).Reverse(), await notebook.Read());
        Assert.False(intrudes);
        Assert.Equal(13, await notebook.Write("13"));
    }

    [Fact]
    public async Task A_full_disk_rejects_events_and_the_grain_goes_on_when_there_is_room()
    {
        var options = _directory.Options;
        FaultyStorage storage = FaultyStorage.In(options);
        await using LocalLogStore store = Wal.Local.StoreOpening.Open(options, storage);
        await using WalCluster cluster = await WalCluster.StartSharedAsync(store, 1);
        INotebookGrain notebook = cluster.Notebook("a");
        storage.Fault = (operation, _) => operation == StorageOperation.Allocate ? FaultyStorage.Error(FaultyStorage.NoSpace) : null;
        string line = new('x', 10_000);
        int written = 0;
        await Assert.ThrowsAsync<StoreFullException>(async () =>
        {
            for (; written < 1000; written++)
                await notebook.Write(line);
        });
        Assert.Equal(written, (await notebook.Read()).Length);
        storage.Fault = static (_, _) => null;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (store.Parts.Supply.Full is not null)
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, patience.Token);
        Assert.Equal(written + 1, await notebook.Write("after"));
    }

    [Fact]
    public async Task A_failed_store_fails_the_call_as_unknown_and_the_activation_ends()
    {
        var options = _directory.Options;
        FaultyStorage storage = FaultyStorage.In(options);
        await using LocalLogStore store = Wal.Local.StoreOpening.Open(options, storage);
        await using WalCluster cluster = await WalCluster.StartSharedAsync(store, 1, o => o.CheckpointAtDeactivation = false);
        INotebookGrain notebook = cluster.Notebook("a");
        await WriteAsync(notebook, 2);
        storage.Fault = (operation, _) => operation == StorageOperation.Sync ? FaultyStorage.Error(FaultyStorage.InputOutput) : null;
        await Assert.ThrowsAsync<AppendOutcomeUnknownException>(() => notebook.Write("3"));
        await cluster.Cluster.WaitForDeactivationAsync(notebook);
        await Assert.ThrowsAnyAsync<Exception>(() => notebook.Write("4"));
    }

    [Fact]
    public async Task History_reads_in_both_directions_and_as_of_a_time()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        INotebookGrain notebook = cluster.Notebook("a");
        await WriteAsync(notebook, 5);
        DateTimeOffset between = TimeProvider.System.GetUtcNow();
        await WriteAsync(notebook, 5, 6);
        Assert.Equal(["2 2", "3 3"], await notebook.ReadHistory(2, 3));
        Assert.Equal(["10 10", "9 9"], await notebook.ReadHistory(10, 9));
        Assert.Equal(Lines(5), await notebook.ReadAtTime(between));
        Assert.Empty(await notebook.ReadAtTime(DateTimeOffset.UnixEpoch));
    }

    [Fact]
    public async Task A_cleared_log_starts_again_at_one()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        INotebookGrain notebook = cluster.Notebook("a");
        await notebook.Clear();
        await WriteAsync(notebook, 5);
        await notebook.Clear();
        Assert.Empty(await notebook.Read());
        Assert.Equal(1, await notebook.Write("1"));
        await cluster.Cluster.DeactivateAsync(notebook);
        Assert.Equal(Lines(1), await notebook.Read());
    }

    [Fact]
    public async Task Events_read_as_json_without_their_types()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        INotebookGrain notebook = cluster.Notebook("a");
        await notebook.Write("hello");
        await cluster.Client.GetGrain<ICounterGrain>("c").Add(7);
        var json = new List<string>();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await foreach (LogRecord record in cluster.Store.SubscribeAsync(new Lsn(1), limit.Token))
        {
            json.Add(MessagePackSerializer.ConvertToJson(record.Payload));
            if (json.Count == 2)
                break;
        }

        Assert.Equal(["[0,[\"hello\"]]", "[\"counter.added\",[7]]"], json);
    }

    private static async Task WriteAsync(INotebookGrain notebook, int count, int from = 1)
    {
        for (int i = from; i < from + count; i++)
            Assert.Equal(i, await notebook.Write($"{i}"));
    }

    private static IEnumerable<string> Lines(int count) => Enumerable.Range(1, count).Select(i => $"{i}");

    private static T? Innermost<T>(Exception? error)
        where T : Exception
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is T found)
                return found;
        }

        return null;
    }
}

internal static class NotebookCalls
{
    public static async Task<string[]> WriteAndReadAsync(this INotebookGrain notebook)
    {
        await notebook.Write("1");
        return await notebook.Read();
    }
}
