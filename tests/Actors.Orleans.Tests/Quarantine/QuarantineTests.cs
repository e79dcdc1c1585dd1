using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;

namespace Actors.Orleans.Tests.Quarantine;

/// <summary>Grains whose logs hold an event that can't be decoded or applied.</summary>
public sealed class QuarantineTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_stream_with_an_event_that_can_not_be_applied_is_listed_until_an_operator_skips_the_event()
    {
        await using (WalCluster cluster = await WalCluster.StartAsync(_directory))
        {
            INotebookGrain notebook = cluster.Notebook("a");
            await notebook.Write("1");
            await notebook.Write("2");
            await Assert.ThrowsAsync<GrainLogApplyException>(() => notebook.Write("!no"));
            await cluster.Cluster.WaitForDeactivationAsync(notebook);
            GrainLogApplyException error = await Assert.ThrowsAsync<GrainLogApplyException>(() => notebook.Read());
            Assert.Contains("ForbiddenLineException: This line is forbidden.", error.InnerException!.Message, StringComparison.Ordinal);
            QuarantinedStream first = Assert.Single(cluster.Services.GetQuarantinedStreams());
            await Assert.ThrowsAsync<GrainLogApplyException>(() => notebook.Read());
            QuarantinedStream quarantined = Assert.Single(cluster.Services.GetQuarantinedStreams());
            Assert.Equal(first.Since, quarantined.Since);
            Assert.Equal(($"{notebook.GetGrainId()}/notebook", 3), (quarantined.Stream, quarantined.Version));
            Assert.Contains("This line is forbidden.", quarantined.Error, StringComparison.Ordinal);
            Assert.Equal(1, await cluster.Notebook("another").Write("1"));
            // Nothing was written in the name of an activation that has no state.
            StreamInfo stream = Assert.Single(await cluster.Store.ListAsync(quarantined.Stream, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));
            Assert.Null(stream.Checkpoint);

            await cluster.Services.SkipEventAsync(quarantined.Stream, quarantined.Version, "a test wrote it");
            Assert.Equal(["1", "2"], await notebook.Read());
            // What the event had changed before it failed is not there either.
            Assert.Equal(2, await notebook.GetReplayed());
            Assert.Empty(cluster.Services.GetQuarantinedStreams());
            Assert.Equal(4, await notebook.Write("4"));
            Assert.Equal(["1", "2"], await notebook.ReadAt(3));
        }

        await using WalCluster restarted = await WalCluster.StartAsync(_directory, o => o.CheckpointAtDeactivation = false);
        Assert.Equal(["1", "2", "4"], await restarted.Notebook("a").Read());
    }

    [Fact]
    public async Task A_stream_with_an_event_that_can_not_be_decoded_is_listed_too()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        INotebookGrain notebook = cluster.Notebook("a");
        string stream = $"{notebook.GetGrainId()}/notebook";
        await using (ILogStream log = await cluster.Store.OpenAsync(new LogStreamId(stream), cancellationToken: TestContext.Current.CancellationToken))
            await log.AppendAsync(new EventData("what is this"u8.ToArray(), (byte)LogCodec.MessagePack), cancellationToken: TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<GrainLogDecodeException>(() => notebook.Read());
        Assert.Equal((stream, 1), (cluster.Services.GetQuarantinedStreams().Single().Stream, cluster.Services.GetQuarantinedStreams().Single().Version));
        await cluster.Services.SkipEventAsync(stream, 1, "it is no event");
        Assert.Equal(2, await notebook.Write("2"));
        Assert.Equal(["2"], await notebook.Read());
        Assert.Single(await notebook.ReadHistory(1, 2));
    }

    [Fact]
    public async Task An_event_that_was_skipped_does_not_hide_its_successor_in_a_stream_that_was_begun_anew()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        INotebookGrain notebook = cluster.Notebook("a");
        var id = new LogStreamId($"{notebook.GetGrainId()}/notebook");
        for (int life = 1; life <= 2; life++)
        {
            await using (ILogStream log = await cluster.Store.OpenAsync(id, cancellationToken: TestContext.Current.CancellationToken))
                await log.AppendAsync(new EventData("what is this"u8.ToArray(), (byte)LogCodec.MessagePack), cancellationToken: TestContext.Current.CancellationToken);
            await Assert.ThrowsAsync<GrainLogDecodeException>(() => notebook.Read());
            await cluster.Services.SkipEventAsync(id.Value, 1, $"life {life}");
            Assert.Empty(await notebook.Read());
            await notebook.Clear();
            await notebook.Deactivate();
            await cluster.Cluster.WaitForDeactivationAsync(notebook);
        }
    }

    [Fact]
    public async Task Several_events_of_a_journaled_grain_are_skipped_one_after_the_other()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        IDiaryGrain diary = cluster.Client.GetGrain<IDiaryGrain>("a");
        await diary.Write("1");
        await Assert.ThrowsAnyAsync<Exception>(() => diary.WriteAll(["!no", "3", "!never", "5"]));
        await cluster.Cluster.WaitForDeactivationAsync(diary);
        foreach (long version in new[] { 2, 4 })
        {
            await Assert.ThrowsAnyAsync<Exception>(() => diary.Read());
            QuarantinedStream quarantined = Assert.Single(cluster.Services.GetQuarantinedStreams());
            Assert.Equal(version, quarantined.Version);
            await cluster.Services.SkipEventAsync(quarantined.Stream, version, "a test wrote it");
        }

        Assert.Equal(["1", "3", "5"], await diary.Read());
        Assert.Equal(5, await diary.GetVersion());
    }

    [Fact]
    public async Task A_missing_event_can_not_be_skipped()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        await cluster.Notebook("a").Write("1");
        string stream = $"{cluster.Notebook("a").GetGrainId()}/notebook";
        Assert.Contains("There is no stream 'nobody'", (await Assert.ThrowsAsync<ArgumentException>(() => cluster.Services.SkipEventAsync("nobody", 1, "why"))).Message, StringComparison.Ordinal);
        Assert.Contains("has the events 1 to 1, and not 2", (await Assert.ThrowsAsync<ArgumentException>(() => cluster.Services.SkipEventAsync(stream, 2, "why"))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => cluster.Services.SkipEventAsync(stream, 1, " "));
        Assert.Empty(await SkippedEvents.ReadAsync(cluster.Store, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Grains_that_are_tried_again_and_again_do_not_keep_an_operator_from_skipping()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory);
        INotebookGrain notebook = cluster.Notebook("a");
        await notebook.Write("1");
        string stream = $"{notebook.GetGrainId()}/notebook";
        using var told = new CancellationTokenSource();
        Task[] readers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!told.IsCancellationRequested)
                await SkippedEvents.ReadAsync(cluster.Store, CancellationToken.None);
        }))];
        for (int i = 0; i < 50; i++)
            await cluster.Services.SkipEventAsync(stream, 1, $"reason {i}");
        await told.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"reason {i}"), (await SkippedEvents.ReadAsync(cluster.Store, TestContext.Current.CancellationToken)).Select(s => s.Reason));
    }

    [Fact]
    public async Task An_event_that_can_be_applied_is_applied_whatever_was_told_of_it()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory, o => o.CheckpointAtDeactivation = false);
        INotebookGrain notebook = cluster.Notebook("a");
        await notebook.Write("1");
        await cluster.Services.SkipEventAsync($"{notebook.GetGrainId()}/notebook", 1, "for no reason");
        await cluster.Cluster.DeactivateAsync(notebook);
        Assert.Equal(["1"], await notebook.Read());
    }
}
