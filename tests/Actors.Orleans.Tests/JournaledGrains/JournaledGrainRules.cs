using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;

namespace Actors.Orleans.Tests.JournaledGrains;

/// <summary>What event-sourced grains may rely on, against a silo on each kind of store.</summary>
public abstract class JournaledGrainRules(TestBackend backend) : IAsyncLifetime
{
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return backend.DisposeAsync();
    }

    [Fact]
    public async Task Confirmed_events_are_there_after_a_clean_restart()
    {
        await using (WalCluster cluster = await WalCluster.StartAsync(backend))
            await WriteAsync(Diary(cluster), 25);
        await using WalCluster restarted = await WalCluster.StartAsync(backend);
        Assert.Equal(Lines(25), await Diary(restarted).Read());
        Assert.Equal(26, await Diary(restarted).Write("26"));
    }

    [Fact]
    public async Task Confirmed_events_are_there_after_a_silo_was_killed()
    {
        WalCluster cluster = await WalCluster.StartAsync(backend);
        await WriteAsync(Diary(cluster), 25);
        await backend.CrashAsync(cluster);
        await using WalCluster restarted = await WalCluster.StartAsync(backend);
        Assert.Equal(Lines(25), await Diary(restarted).Read());
        Assert.Equal(25, await Diary(restarted).GetVersion());
    }

    [Fact]
    public async Task Raised_events_are_tentative_until_they_are_confirmed()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend);
        IDiaryGrain diary = Diary(cluster);
        Assert.Equal(1, await diary.Write("1"));
        Assert.Equal("1 1 3 2", await diary.WriteAndLook(["2", "3"]));
        await diary.Confirm();
        Assert.Equal(Lines(3), await diary.Read());
        Assert.Equal(Lines(3), await diary.ReadTentative());
        Assert.Equal(3, await diary.GetVersion());
        // A look at the tentative state changes nothing of the confirmed one.
        Assert.Equal("3 3 4 1", await diary.WriteAndLook(["4"]));
        await diary.Confirm();
        Assert.Equal(Lines(4), await diary.Read());
    }

    [Fact]
    public async Task Unconfirmed_events_are_appended_too()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend);
        IDiaryGrain diary = Diary(cluster);
        for (int i = 1; i <= 20; i++)
            await diary.WriteUnconfirmed($"{i}");
        await cluster.Cluster.DeactivateAsync(diary);
        Assert.Equal(Lines(20), await diary.Read());
    }

    [Fact]
    public async Task Events_of_one_turn_are_one_batch_in_their_order()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend);
        IDiaryGrain diary = Diary(cluster);
        await diary.Write("1");
        long batches = Batches(cluster);
        await diary.WriteAndLook([.. Enumerable.Range(2, 50).Select(i => $"{i}")]);
        await diary.Confirm();
        Assert.InRange(Batches(cluster) - batches, 1, 2);
        Assert.Equal(Lines(51), await diary.Read());
        Assert.Equal(Lines(51), await diary.ReadEvents(0, 51));
    }

    [Fact]
    public async Task Calls_that_interleave_lose_no_event()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend);
        IDiaryGrain diary = Diary(cluster);
        int[] versions = await Task.WhenAll(Enumerable.Range(0, 300).Select(i => i % 3 == 0 ? diary.WriteAll([$"{i}a", $"{i}b"]) : diary.Write($"{i}")));
        string[] state = await diary.Read();
        Assert.Equal(400, state.Length);
        Assert.Equal(400, versions.Max());
        Assert.Equal(state, await diary.ReadEvents(0, 400));
        await cluster.Cluster.DeactivateAsync(diary);
        Assert.Equal(state, await diary.Read());
    }

    [Fact]
    public async Task Conditional_events_are_appended_in_their_place()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend);
        IDiaryGrain diary = Diary(cluster);
        Assert.True(await diary.WriteIf("1"));
        Assert.True(await diary.WriteAllIf(["2", "3"]));
        bool[] all = await Task.WhenAll(Enumerable.Range(4, 30).Select(i => diary.WriteIf($"{i}")));
        Assert.All(all, Assert.True);
        string[] state = await diary.Read();
        Assert.Equal(Lines(33).Order(), state.Order());
        Assert.Equal(state, await diary.ReadEvents(0, 33));
    }

    [Fact]
    public async Task Events_raised_while_the_log_is_cleared_are_the_first_of_the_new_one_unless_they_were_conditional()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend);
        IDiaryGrain diary = Diary(cluster);
        await WriteAsync(diary, 5);

        // A store in memory may have cleared it before the grain goes on.
        bool? appended = null;
        for (int i = 0; i < 100 && appended is null; i++)
            appended = await diary.ClearAndWriteIf("6", "1");
        Assert.Equal(false, appended);
        Assert.Equal(Lines(1), await diary.Read());
        Assert.Equal(Lines(1), await diary.ReadTentative());
        await cluster.Cluster.DeactivateAsync(diary);
        Assert.Equal(Lines(1), await diary.Read());
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(3, 17)]
    [InlineData(39, 40)]
    [InlineData(0, 40)]
    public async Task Any_range_of_confirmed_events_can_be_retrieved(int from, int to)
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend, o => o.CheckpointEvents = 10);
        IDiaryGrain diary = Diary(cluster);
        await WriteAsync(diary, 40);
        Assert.Equal(Lines(40).Skip(from).Take(to - from), await diary.ReadEvents(from, to));
        await cluster.Cluster.DeactivateAsync(diary);
        Assert.Equal(Lines(40).Skip(from).Take(to - from), await diary.ReadEvents(from, to));
    }

    [Fact]
    public async Task Ranges_outside_the_log_are_refused()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend);
        IDiaryGrain diary = Diary(cluster);
        await WriteAsync(diary, 3);
        await Assert.ThrowsAsync<ArgumentException>(() => diary.ReadEvents(-1, 2));
        await Assert.ThrowsAsync<ArgumentException>(() => diary.ReadEvents(0, 4));
        await Assert.ThrowsAsync<ArgumentException>(() => diary.ReadEvents(2, 1));
    }

    [Fact]
    public async Task Events_that_retention_has_dropped_are_not_retrieved_as_if_they_had_never_been()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend, o =>
        {
            o.CheckpointEvents = 5;
            o.NamedRetention["journaled"] = Retention.Last;
        });
        IDiaryGrain diary = Diary(cluster);
        await WriteAsync(diary, 50);
        await cluster.Cluster.DeactivateAsync(diary);
        Assert.Equal(Lines(50), await diary.Read());
        await Assert.ThrowsAsync<HistoryTruncatedException>(() => diary.ReadEvents(0, 50));
    }

    [Fact]
    public async Task An_activation_replays_what_came_after_the_last_checkpoint()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend, o =>
        {
            o.CheckpointEvents = 100;
            o.CheckpointAtDeactivation = false;
        });
        IDiaryGrain diary = Diary(cluster);
        await WriteAsync(diary, 130);
        await cluster.Cluster.DeactivateAsync(diary);
        Assert.Equal(Lines(130), await diary.Read());
        Assert.InRange(await diary.GetReplayed(), 1, 30);
    }

    [Fact]
    public async Task A_deactivating_grain_takes_a_checkpoint()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend);
        IDiaryGrain diary = Diary(cluster);
        await WriteAsync(diary, 5);
        await cluster.Cluster.DeactivateAsync(diary);
        Assert.Equal(0, await diary.GetReplayed());
        Assert.Equal(Lines(5), await diary.Read());
    }

    [Fact]
    public async Task A_cleared_log_starts_again()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend);
        IDiaryGrain diary = Diary(cluster);
        await diary.Clear();
        await WriteAsync(diary, 5);
        await diary.WriteUnconfirmed("6");
        await diary.Clear();
        Assert.Empty(await diary.Read());
        Assert.Empty(await diary.ReadTentative());
        Assert.Equal(0, await diary.GetVersion());
        Assert.Equal(1, await diary.Write("1"));
        await cluster.Cluster.DeactivateAsync(diary);
        Assert.Equal(Lines(1), await diary.Read());
    }

    [Fact]
    public async Task An_event_that_can_not_be_applied_fails_the_confirmation_and_then_every_activation()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend);
        IDiaryGrain diary = Diary(cluster);
        await WriteAsync(diary, 2);
        GrainLogApplyException live = await Assert.ThrowsAsync<GrainLogApplyException>(() => diary.Write("!no"));
        Assert.Equal(3, live.Version);
        Assert.Equal(nameof(DiaryForbidden), live.EventType);
        await cluster.Cluster.WaitForDeactivationAsync(diary);
        Exception replay = await Assert.ThrowsAnyAsync<Exception>(() => diary.Read());
        Assert.Contains("Event 3 (DiaryForbidden)", replay.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, await cluster.Client.GetGrain<IDiaryGrain>("another").Write("1"));
    }

    [Fact]
    public async Task With_a_tentative_state_an_event_that_can_not_be_applied_is_not_raised()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend);
        IDiaryGrain diary = Diary(cluster);
        await WriteAsync(diary, 2);
        await diary.ReadTentative();
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => diary.Write("!no"));
        Assert.Contains("forbidden", error.Message, StringComparison.Ordinal);
        Assert.Equal(3, await diary.Write("3"));
        Assert.Equal(Lines(3), await diary.ReadTentative());
        await cluster.Cluster.DeactivateAsync(diary);
        Assert.Equal(Lines(3), await diary.Read());
    }

    [Fact]
    public async Task An_event_that_can_not_be_serialized_is_refused_when_it_is_raised()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend);
        IDiaryGrain diary = Diary(cluster);
        await Assert.ThrowsAnyAsync<Exception>(() => diary.Write("?what"));
        await Assert.ThrowsAnyAsync<Exception>(() => diary.WriteAll(["1", "?what"]));
        Assert.Equal(1, await diary.Write("1"));
        Assert.Equal(Lines(1), await diary.Read());
    }

    [Fact]
    public async Task Grains_are_told_of_changes_and_a_notification_that_fails_loses_no_event()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend);
        IDiaryGrain diary = Diary(cluster);
        await diary.Write("1");
        await diary.Write("throw from the notification");
        Assert.Equal(3, await diary.Write("3"));
        Assert.Equal("3 3 0 0", await diary.GetNotifications());
        Assert.Equal(["1", "throw from the notification", "3"], await diary.Read());
    }

    [Fact]
    public async Task Counters_are_kept_when_they_are_asked_for()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend);
        IDiaryGrain diary = Diary(cluster);
        await diary.Write("1");
        Assert.Empty(await diary.GetCounters());
        await diary.Write("2");
        await diary.WriteIf("3");
        Dictionary<string, long> counters = await diary.GetCounters();
        Assert.Equal(1, counters["SubmitCalled"]);
        Assert.Equal(1, counters["TryAppendCalled"]);
        Assert.Equal(1, counters["ConfirmSubmittedEntriesCalled"]);
        Assert.Equal(2, counters["WritebackEvents"]);
    }

    [Fact]
    public async Task Grains_that_name_no_provider_use_the_silos_default()
    {
        await using (WalCluster cluster = await WalCluster.StartAsync(backend, silo: s => s.UseWriteAheadLogForJournaledGrains()))
        {
            ITallyGrain tally = cluster.Client.GetGrain<ITallyGrain>("t");
            Assert.Equal(3, await tally.Add(3));
            Assert.Equal(10, await tally.Add(7));
            Assert.True((await cluster.Store.ListAsync(tally.GetGrainId().ToString(), TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken)).Count == 1);
        }

        await using WalCluster restarted = await WalCluster.StartAsync(backend, silo: s => s.UseWriteAheadLogForJournaledGrains());
        Assert.Equal(10, await restarted.Client.GetGrain<ITallyGrain>("t").GetTotal());
    }

    [Fact]
    public async Task A_grain_migrates_with_its_view_and_goes_on_without_replay()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend, o => o.CheckpointAtDeactivation = false, silos: 2);
        IDiaryGrain diary = Diary(cluster);
        await WriteAsync(diary, 12);
        string before = await diary.GetActivation();
        await cluster.MoveAsync(diary);
        Assert.Equal(Lines(12), await diary.Read());
        Assert.NotEqual(before, await diary.GetActivation());
        Assert.Equal(0, await diary.GetReplayed());
        Assert.Equal(13, await diary.Write("13"));
        Assert.Equal(13, await diary.GetVersion());
    }

    [Fact]
    public async Task Events_that_were_not_confirmed_when_a_grain_migrated_are_there_afterwards()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(backend, silos: 2);
        IDiaryGrain diary = Diary(cluster);
        await WriteAsync(diary, 2);
        await diary.WriteUnconfirmed("3");
        await cluster.MoveAsync(diary);
        Assert.Equal(Lines(3), await diary.Read());
        Assert.Equal(4, await diary.Write("4"));
    }

    private static IDiaryGrain Diary(WalCluster cluster) => cluster.Client.GetGrain<IDiaryGrain>("a");

    private static long Batches(WalCluster cluster) => cluster.Store.Statistics.Batches;

    private static async Task WriteAsync(IDiaryGrain diary, int count)
    {
        for (int i = 1; i <= count; i++)
            Assert.Equal(i, await diary.Write($"{i}"));
    }

    private static IEnumerable<string> Lines(int count) => Enumerable.Range(1, count).Select(i => $"{i}");
}

public sealed class LocalJournaledGrainTests() : JournaledGrainRules(new LocalBackend());

public sealed class MemoryJournaledGrainTests() : JournaledGrainRules(new MemoryBackend());

public sealed class PostgresJournaledGrainTests(TestServer server) : JournaledGrainRules(new PostgresBackend(server));
