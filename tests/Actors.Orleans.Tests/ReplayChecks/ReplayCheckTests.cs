using Actors.Orleans.Tests.Examples;
using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;
using Actors.Wal.Local;
using MessagePack;
using Microsoft.Extensions.Hosting;

namespace Actors.Orleans.Tests.ReplayChecks;

/// <summary>A program that has not started reads the history that another one has written.</summary>
public sealed class ReplayCheckTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Readable_records_are_counted_beside_a_running_owner()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory, o => o.CheckpointEvents = 10);
        for (int i = 1; i <= 25; i++)
            await cluster.Notebook("a/b").Write($"{i}");
        await cluster.Notebook("a/b").TakeCheckpoint();
        await cluster.Client.GetGrain<IDeskGrain>("d").Write("key", "line");
        await cluster.Client.GetGrain<IDeskGrain>("d").TakeCheckpoint();
        await cluster.Client.GetGrain<IDiaryGrain>("d").Write("dear diary");
        await cluster.Client.GetGrain<IMemberGrain>("m").Rename("Ada");
        await cluster.Store.FlushAsync(TestContext.Current.CancellationToken);
        ReplayReport report = await CheckAsync();
        Assert.Empty(report.Problems);
        Assert.Empty(report.Rebuilds);
        Assert.Equal(27, report.Events);
        Assert.InRange(report.States, 3, 5);
        Assert.InRange(report.Streams, 4, 5);
        Assert.Empty(report.NotChecked);
        Assert.Equal(26, await cluster.Notebook("a/b").Write("26"));
    }

    [Fact]
    public async Task Events_that_can_not_be_decoded_or_applied_are_all_found()
    {
        await WriteAsync("notebook/n/notebook", new LineWritten("1"), new LineForbidden("2"), new LineWritten("3"), new LineForbidden("4"));
        await using (LocalLogStore store = await _directory.OpenAsync())
        await using (ILogStream stream = await store.OpenAsync(new LogStreamId("notebook/n/notebook"), cancellationToken: TestContext.Current.CancellationToken))
            await stream.AppendAsync(new EventData(new byte[] { 0x92, 0x2a, 0xc0 }, 1), cancellationToken: TestContext.Current.CancellationToken);
        ReplayReport report = await CheckAsync();
        Assert.Equal([(2, ReplayProblemKind.EventNotApplied), (5, ReplayProblemKind.EventNotDecoded)], report.Problems.Select(p => (p.Version, p.Kind)));
        Assert.Contains("LineForbidden: This line is forbidden.", report.Problems[0].Reason, StringComparison.Ordinal);
        Assert.Contains("42", report.Problems[1].Reason, StringComparison.Ordinal);
        Assert.Equal(4, report.Events);
    }

    [Fact]
    public async Task A_replay_check_passes_over_skipped_events()
    {
        await WriteAsync("notebook/n/notebook", new LineWritten("1"), new LineForbidden("2"), new LineForbidden("3"));
        await using (LocalLogStore store = await _directory.OpenAsync())
            await SkippedEvents.AddAsync(store, new SkippedEvent(new LogStreamId("notebook/n/notebook"), new Sequence(2), "known", DateTimeOffset.UnixEpoch), TestContext.Current.CancellationToken);
        ReplayProblem problem = Assert.Single((await CheckAsync()).Problems);
        Assert.Equal(3, problem.Version);
    }

    [Fact]
    public async Task A_checkpoint_that_the_events_do_not_lead_to_is_told()
    {
        await WriteAsync("notebook/n/notebook", new LineWritten("1"), new LineWritten("2"));
        await CheckpointAsync("notebook/n/notebook", 2, MessagePackSerializer.Serialize(new Notebook { Lines = ["1", "two"] }));
        await WriteAsync("notebook/n/notebook", new LineForbidden("3"));
        ReplayReport report = await CheckAsync();
        Assert.Equal([(2, ReplayProblemKind.CheckpointDiffers), (3, ReplayProblemKind.EventNotApplied)], report.Problems.Select(p => (p.Version, p.Kind)));
    }

    [Fact]
    public async Task A_state_that_can_not_be_decoded_is_told()
    {
        await using (LocalLogStore store = await _directory.OpenAsync())
        await using (ILogStream stream = await store.OpenAsync(new LogStreamId("member/m/profile"), cancellationToken: TestContext.Current.CancellationToken))
            await stream.AppendStateAsync(new EventData(new byte[] { 0xc1 }, 1), cancellationToken: TestContext.Current.CancellationToken);
        ReplayProblem problem = Assert.Single((await CheckAsync()).Problems);
        Assert.Equal(("member/m/profile", ReplayProblemKind.StateNotDecoded), (problem.Stream, problem.Kind));
    }

    [Fact]
    public async Task A_checkpoint_that_can_not_be_decoded_is_a_rebuild_where_all_events_are_kept_and_a_problem_where_not()
    {
        foreach (string id in new[] { "notebook/n/notebook", "notebook/dropped/notebook" })
        {
            await WriteAsync(id, new LineWritten("1"), new LineWritten("2"));
            await CheckpointAsync(id, 2, [0xc1]);
            await WriteAsync(id, new LineWritten("3"));
        }

        await using (LocalLogStore store = await _directory.OpenAsync())
        await using (ILogStream stream = await store.OpenAsync(new LogStreamId("notebook/dropped/notebook"), cancellationToken: TestContext.Current.CancellationToken))
            await stream.TruncateAsync(new Sequence(3), TestContext.Current.CancellationToken);
        ReplayReport report = await CheckAsync();
        ReplayRebuild rebuild = Assert.Single(report.Rebuilds);
        Assert.Equal(("notebook/n/notebook", 2, 3), (rebuild.Stream, rebuild.Checkpoint, rebuild.Events));
        Assert.True(rebuild.Duration > TimeSpan.Zero);
        ReplayProblem problem = Assert.Single(report.Problems);
        Assert.Equal(("notebook/dropped/notebook", ReplayProblemKind.StateNotDecoded), (problem.Stream, problem.Kind));
    }

    [Fact]
    public async Task A_dictionary_whose_order_differs_from_the_checkpoints_is_no_difference()
    {
        await WriteAsync("stock/s/stock", new StockPlaced("a", 1), new StockPlaced("b", 2), new StockPlaced("a", 3));
        await CheckpointAsync("stock/s/stock", 3, MessagePackSerializer.Serialize(new Stock { Counts = { ["b"] = 2, ["a"] = 4 }, Names = ["b", "a"] }));
        Assert.Empty((await CheckAsync()).Problems);
        await CheckpointAsync("stock/s/stock", 3, MessagePackSerializer.Serialize(new Stock { Counts = { ["b"] = 2, ["a"] = 5 }, Names = ["b", "a"] }));
        Assert.Equal(ReplayProblemKind.CheckpointDiffers, Assert.Single((await CheckAsync()).Problems).Kind);
    }

    [Fact]
    public async Task Replay_of_a_truncated_stream_begins_at_its_checkpoint()
    {
        await WriteAsync("notebook/n/notebook", new LineForbidden("1"), new LineWritten("2"));
        await CheckpointAsync("notebook/n/notebook", 2, MessagePackSerializer.Serialize(new Notebook { Lines = ["2"] }));
        await using (LocalLogStore store = await _directory.OpenAsync())
        await using (ILogStream stream = await store.OpenAsync(new LogStreamId("notebook/n/notebook"), cancellationToken: TestContext.Current.CancellationToken))
            await stream.TruncateAsync(new Sequence(3), TestContext.Current.CancellationToken);
        await WriteAsync("notebook/n/notebook", new LineWritten("3"), new LineForbidden("4"));
        ReplayProblem problem = Assert.Single((await CheckAsync()).Problems);
        Assert.Equal((4, ReplayProblemKind.EventNotApplied), (problem.Version, problem.Kind));
    }

    [Fact]
    public async Task Streams_of_a_grain_type_or_a_log_that_was_renamed_are_a_problem()
    {
        await WriteAsync("retired/1/log", new LineWritten("1"));
        await WriteAsync("retired/2/log", new LineWritten("1"));
        await WriteAsync("notebook/1/formerly", new LineWritten("1"));
        await WriteAsync("other", new LineWritten("1"));
        ReplayReport report = await CheckAsync();
        Assert.Equal(0, report.Streams);
        Assert.Equal([("notebook/1/formerly", ReplayProblemKind.NoGrainClass), ("retired/1/log", ReplayProblemKind.NoGrainClass)], report.Problems.Select(p => (p.Stream, p.Kind)));
        Assert.Contains("there are 2. If a class or a log was renamed", report.Problems[1].Reason, StringComparison.Ordinal);
        Assert.Contains("[GrainType(", report.Problems[1].Reason, StringComparison.Ordinal);
        Assert.Equal([new("other", 1)], report.NotChecked);
        report = await CheckAsync("retired", "notebook/formerly");
        Assert.Empty(report.Problems);
        Assert.Equal([new("notebook/…/formerly", 1), new("other", 1), new("retired/…/log", 2)], report.NotChecked);
    }

    [Fact]
    public async Task States_of_other_doors_are_counted_by_kind()
    {
        await using (LocalLogStore store = await _directory.OpenAsync())
        {
            foreach (string id in new[] { "member/m/other", "$reminders/00/table", "pantry/p/durable", "notebook/n/x.transactional" })
            {
                await using ILogStream stream = await store.OpenAsync(new LogStreamId(id), cancellationToken: TestContext.Current.CancellationToken);
                await stream.AppendStateAsync(new EventData(new byte[] { 0xc0 }, 1), cancellationToken: TestContext.Current.CancellationToken);
            }
        }

        ReplayReport report = await CheckAsync();
        Assert.Empty(report.Problems);
        Assert.Equal(4, report.NotChecked.Count);
    }

    private async Task WriteAsync(string id, params object[] events)
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(new LogStreamId(id), cancellationToken: TestContext.Current.CancellationToken);
        foreach (object change in events)
            await stream.AppendAsync(new EventData(change is NotebookEvent line ? MessagePackSerializer.Serialize(line) : MessagePackSerializer.Serialize((StockEvent)change), (byte)LogCodec.MessagePack), cancellationToken: TestContext.Current.CancellationToken);
    }

    private async Task CheckpointAsync(string id, long sequence, byte[] state)
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(new LogStreamId(id), cancellationToken: TestContext.Current.CancellationToken);
        await stream.CheckpointAsync(new Sequence(sequence), new EventData(state, (byte)LogCodec.MessagePack), TestContext.Current.CancellationToken);
    }

    private async Task<ReplayReport> CheckAsync(params string[] retired)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.UseOrleans(silo => silo.UseLocalhostClustering().AddWriteAheadLog(o => o.UseLocal("never opened")));
        using IHost host = builder.Build();
        using LocalLogReader reader = await LocalLogReader.OpenAsync(_directory.Path, TestContext.Current.CancellationToken);
        return await host.Services.CheckReplayAsync(reader, retired: retired, cancellationToken: TestContext.Current.CancellationToken);
    }
}
