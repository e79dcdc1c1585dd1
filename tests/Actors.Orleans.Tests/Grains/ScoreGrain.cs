using Actors.Wal;
using MessagePack;

namespace Actors.Orleans.Tests.Grains;

/// <summary>A grain whose state has a version: its first one had no count.</summary>
public interface IScoreGrain : IGrainWithStringKey
{
    Task Add(int amount);

    Task<(int Sum, int Count)> Read();

    Task<(int Sum, int Count)> ReadAt(long version);

    Task TakeCheckpoint();

    Task Deactivate();
}

[MessagePackObject, Alias("score.added")]
public sealed record ScoreAdded([property: Key(0)] int Amount);

[MessagePackObject, GrainStateVersion(2)]
public sealed class Score : IApply<ScoreAdded>
{
    [Key(0)]
    public int Sum { get; set; }

    [Key(1)]
    public int Count { get; set; }

    public void Apply(ScoreAdded change)
    {
        Sum += change.Amount;
        Count++;
    }
}

/// <summary>The state as its first version had it.</summary>
[MessagePackObject]
public sealed class FirstScore
{
    [Key(0)]
    public int Sum { get; set; }
}

public sealed class ScoreGrain([GrainLog("score")] IGrainLog<Score, ScoreAdded> log) : Grain, IScoreGrain
{
    public async Task Add(int amount) => await log.AppendAsync(new ScoreAdded(amount));

    public Task<(int Sum, int Count)> Read() => Task.FromResult((log.State.Sum, log.State.Count));

    public async Task<(int Sum, int Count)> ReadAt(long version)
    {
        Score state = await log.StateAtAsync(new Sequence(version));
        return (state.Sum, state.Count);
    }

    public async Task TakeCheckpoint() => await log.CheckpointAsync();

    public Task Deactivate()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}
