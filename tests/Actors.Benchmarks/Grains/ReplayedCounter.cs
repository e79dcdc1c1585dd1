using Actors.Orleans;

namespace Actors.Benchmarks.Grains;

/// <summary>A grain whose activation is measured.</summary>
[Alias("benchmarks.IReplayedCounter")]
public interface IReplayedCounter : IGrainWithIntegerKey
{
    /// <summary>Appends this many events.</summary>
    [Alias("Fill")]
    Task Fill(int events);

    /// <summary>Returns the number of events in the state, and the number of the activation.</summary>
    [Alias("Read")]
    Task<Replayed> Read();

    /// <summary>Ends the activation, so that the next call replays.</summary>
    [Alias("Leave")]
    Task Leave();
}

/// <summary>The number of replayed events, and the number of the activation.</summary>
[GenerateSerializer, Immutable]
[Alias("benchmarks.Replayed")]
public readonly record struct Replayed([property: Id(0)] long Events, [property: Id(1)] int Activation);

public sealed class ReplayedCounter([GrainLog("counter", ProviderName = StorageNames.Replayed)] IGrainLog<Counter, CounterEvent> log) : Grain, IReplayedCounter
{
    private const int EventsAtOnce = 1000;

    private static int _activations;

    private readonly int _activation = Interlocked.Increment(ref _activations);

    public async Task Fill(int events)
    {
        for (int i = 0; i < events; i += EventsAtOnce)
        {
            long total = log.State.Total;
            await log.AppendAsync([.. Enumerable.Range(1, Math.Min(EventsAtOnce, events - i)).Select(n => Added.Of(1, total + n - 1))]);
        }
    }

    public Task<Replayed> Read() => Task.FromResult(new Replayed(log.State.Events, _activation));

    public Task Leave()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}
