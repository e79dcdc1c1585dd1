using Actors.Benchmarks.Grains;
using Actors.Benchmarks.Measuring;

namespace Actors.Benchmarks.Scenarios;

/// <summary>Activates a grain that has a long log and no checkpoint. One call is one activation, from the end of the previous one.</summary>
internal sealed class StateReplayScenario(Workbench bench)
    : Scenario(ScenarioCatalog.ReplayState, $"activation of a [GrainLog] grain with {Events:N0} events", [1])
{
    private const int Events = 200_000;

    private int _lastActivation;

    public override bool NeedsSilo => true;

    public override bool CountsWholeCalls => true;

    public override double OperationsPerCall => Events;

    private IReplayedCounter Grain => bench.GrainsOf(0).GetGrain<IReplayedCounter>(0);

    public override async Task PrepareAsync(int callers, CancellationToken cancellationToken)
    {
        if (_lastActivation != 0)
            return;
        await Grain.Fill(Events);
        _lastActivation = (await Grain.Read()).Activation;
        await Grain.Leave();
    }

    public override async Task CallAsync(Caller caller)
    {
        IReplayedCounter grain = Grain;
        while (caller.Next())
        {
            Replayed replayed = await grain.Read();
            if (replayed.Events != Events || replayed.Activation == _lastActivation)
                throw new InvalidOperationException($"Activation {replayed.Activation} has {replayed.Events} events; a new one with {Events} was expected after {_lastActivation}.");
            _lastActivation = replayed.Activation;
            await grain.Leave();
        }
    }
}
