using Actors.Orleans.Tests.Examples;
using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;
using MessagePack;
using Microsoft.Extensions.Hosting;

namespace Actors.Orleans.Tests.ReplayChecks;

/// <summary>A program that has not started reads the history that another one has written.</summary>
public sealed class ReplayCheckTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_the_program_can_read_is_counted_while_the_owner_goes_on()
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
        await using (ILogStream stream = await store.OpenAsync(new StreamId("notebook/n/notebook"), cancellationToken: TestContext.Current.CancellationToken))
            await stream.AppendAsync(new EventData(new byte[] { 0x92, 0x2a, 0xc0 }, 1), cancellationToken: TestContext.Current.CancellationToken);
        ReplayReport report = await CheckAsync();
        Assert.Equal([(2, ReplayProblemKind.EventNotApplied), (5, ReplayProblemKind.EventNotDecoded)], report.Problems.Select(p => (p.Version, p.Kind)));
        Assert.Contains("LineForbidden: This line is forbidden.", report.Problems[0].Reason, StringComparison.Ordinal);
        Assert.Contains("42", report.Problems[1].Reason, StringComparison.Ordinal);
        Assert.Equal(4, report.Events);
    }

    [Fact]
    public async Task What_an_operator_has_told_to_pass_over_is_passed_over()
    {
        await WriteAsync("notebook/n/notebook", new LineWritten("1"), new LineForbidden("2"), new LineForbidden("3"));
        await using (LocalLogStore store = await _directory.OpenAsync())
            await SkippedEvents.AddAsync(store, new SkippedEvent(new StreamId("notebook/n/notebook"), new Sequence(2), "known", DateTimeOffset.UnixEpoch), TestContext.Current.CancellationToken);
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
    public async Task A_checkpoint_or_a_state_that_can_not_be_decoded_is_told()
    {
        await WriteAsync("notebook/n/notebook", new LineWritten("1"));
        await CheckpointAsync("notebook/n/notebook", 1, [0xc1]);
        await using (LocalLogStore store = await _directory.OpenAsync())
        await using (ILogStream stream = await store.OpenAsync(new StreamId("member/m/profile"), cancellationToken: TestContext.Current.CancellationToken))
            await stream.AppendStateAsync(new EventData(new byte[] { 0xc1 }, 1), cancellationToken: TestContext.Current.CancellationToken);
        ReplayReport report = await CheckAsync();
        Assert.Equal(
            [("member/m/profile", ReplayProblemKind.StateNotDecoded), ("notebook/n/notebook", ReplayProblemKind.StateNotDecoded)],
            report.Problems.Select(p => (p.Stream, p.Kind)).Order());
    }

    [Fact]
    public async Task Where_history_was_dropped_replay_begins_at_the_checkpoint()
    {
        await WriteAsync("notebook/n/notebook", new LineForbidden("1"), new LineWritten("2"));
        await CheckpointAsync("notebook/n/notebook", 2, MessagePackSerializer.Serialize(new Notebook { Lines = ["2"] }));
        await using (LocalLogStore store = await _directory.OpenAsync())
        await using (ILogStream stream = await store.OpenAsync(new StreamId("notebook/n/notebook"), cancellationToken: TestContext.Current.CancellationToken))
            await stream.TruncateAsync(new Sequence(3), TestContext.Current.CancellationToken);
        await WriteAsync("notebook/n/notebook", new LineWritten("3"), new LineForbidden("4"));
        ReplayProblem problem = Assert.Single((await CheckAsync()).Problems);
        Assert.Equal((4, ReplayProblemKind.EventNotApplied), (problem.Version, problem.Kind));
    }

    [Fact]
    public async Task What_no_grain_class_declares_is_counted_by_kind()
    {
        await WriteAsync("retired/1/log", new LineWritten("1"));
        await WriteAsync("retired/2/log", new LineWritten("1"));
        await WriteAsync("other", new LineWritten("1"));
        ReplayReport report = await CheckAsync();
        Assert.Equal(0, report.Streams);
        Assert.Equal([new("other", 1), new("retired/…/log", 2)], report.NotChecked);
    }

    private async Task WriteAsync(string id, params NotebookEvent[] events)
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(new StreamId(id), cancellationToken: TestContext.Current.CancellationToken);
        foreach (NotebookEvent change in events)
            await stream.AppendAsync(new EventData(MessagePackSerializer.Serialize(change), (byte)LogCodec.MessagePack), cancellationToken: TestContext.Current.CancellationToken);
    }

    private async Task CheckpointAsync(string id, long sequence, byte[] state)
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(new StreamId(id), cancellationToken: TestContext.Current.CancellationToken);
        await stream.CheckpointAsync(new Sequence(sequence), new EventData(state, (byte)LogCodec.MessagePack), TestContext.Current.CancellationToken);
    }

    private async Task<ReplayReport> CheckAsync()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.UseOrleans(silo => silo.UseLocalhostClustering().AddWriteAheadLog(o => o.UseLocal("never opened")));
        using IHost host = builder.Build();
        using LocalLogReader reader = await LocalLogReader.OpenAsync(_directory.Path, TestContext.Current.CancellationToken);
        return await host.Services.CheckReplayAsync(reader, cancellationToken: TestContext.Current.CancellationToken);
    }
}
