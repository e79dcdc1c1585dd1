using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;
using Microsoft.Extensions.Logging;

namespace Actors.Orleans.Tests.JournaledGrains;

/// <summary>What the silo warns of, and does without.</summary>
public sealed class JournaledGrainWarningTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly CapturedLog _log = new("Actors.Orleans.JournaledGrain");

    public void Dispose()
    {
        _directory.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task An_event_type_without_an_alias_is_warned_of_once()
    {
        await using WalCluster cluster = await StartAsync();
        await cluster.Client.GetGrain<IDiaryGrain>("d").Write("1");
        await cluster.Client.GetGrain<ITallyGrain>("a").Add(1);
        await cluster.Client.GetGrain<ITallyGrain>("a").Add(2);
        await cluster.Client.GetGrain<ITallyGrain>("b").Add(3);
        (LogLevel level, string text) = Assert.Single(_log.Lines);
        Assert.Equal(LogLevel.Warning, level);
        Assert.StartsWith($"Events of type {typeof(TallyAdded)} have no [Alias]", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_state_that_can_not_be_serialized_is_warned_of_and_its_whole_log_replayed()
    {
        await using (WalCluster cluster = await StartAsync())
        {
            for (int i = 1; i <= 12; i++)
                Assert.Equal(i, await cluster.Client.GetGrain<ISketchGrain>("s").Draw($"{i}"));
            await cluster.Client.GetGrain<ISketchGrain>("t").Draw("1");
            (LogLevel level, string text) = Assert.Single(_log.Lines);
            Assert.Equal(LogLevel.Warning, level);
            Assert.StartsWith($"States of type {typeof(Sketch)} can't be serialized: no checkpoints", text, StringComparison.Ordinal);
        }

        await using WalCluster restarted = await StartAsync();
        Assert.Equal(12, await restarted.Client.GetGrain<ISketchGrain>("s").GetApplied());
        await foreach (StreamInfo stream in restarted.Store.ListAsync(cancellationToken: TestContext.Current.CancellationToken))
            Assert.Null(stream.Checkpoint);
    }

    [Fact]
    public async Task A_grain_whose_state_can_not_be_serialized_migrates_and_replays()
    {
        await using var backend = new LocalBackend();
        await using WalCluster cluster = await WalCluster.StartAsync(backend, silo: s => s.UseWriteAheadLogForJournaledGrains(), silos: 2);
        ISketchGrain sketch = cluster.Client.GetGrain<ISketchGrain>("s");
        for (int i = 1; i <= 5; i++)
            await sketch.Draw($"{i}");
        await cluster.MoveAsync(sketch);
        Assert.Equal(5, await sketch.GetApplied());
        Assert.Equal(6, await sketch.Draw("6"));
    }

    private Task<WalCluster> StartAsync() => WalCluster.StartAsync(_directory, o => o.CheckpointEvents = 5, s =>
    {
        s.ConfigureLogging(l => l.AddProvider(_log));
        s.UseWriteAheadLogForJournaledGrains();
    });
}
