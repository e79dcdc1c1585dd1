using Orleans.EventSourcing;
using Orleans.Providers;

namespace Actors.Benchmarks.Grains;

[LogConsistencyProvider(ProviderName = StorageNames.LogStorage)]
[StorageProvider(ProviderName = StorageNames.Memory)]
public sealed class JournaledAdder : JournaledGrain<Counter, CounterEvent>, IJournaledAdder
{
    public async Task<long> Add(long amount)
    {
        RaiseEvent(Added.Of(amount, State.Total));
        await ConfirmEvents();
        return State.Total;
    }

    public async Task Clear()
    {
        await ClearLogAsync();
        DeactivateOnIdle();
    }

    // The base class would bind the call at run time.
    protected override void TransitionState(Counter state, CounterEvent @event) => state.Apply(@event);
}
