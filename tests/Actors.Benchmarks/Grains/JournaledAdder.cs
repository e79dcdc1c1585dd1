using Orleans.EventSourcing;
using Orleans.Providers;

namespace Actors.Benchmarks.Grains;

/// <summary>A journaled grain; the subclass chooses the provider of its log.</summary>
public abstract class JournaledAdder : JournaledGrain<Counter, CounterEvent>, IJournaledAdder
{
    public async Task<long> Add(long amount)
    {
        RaiseEvent(Added.Of(amount, State.Total));
        await ConfirmEvents();
        return State.Total;
    }

    public async Task Fill(int events)
    {
        for (int left = events; left > 0; left -= 10_000)
        {
            RaiseEvents(Enumerable.Range(0, Math.Min(left, 10_000)).Select(i => (CounterEvent)Added.Of(1, i)));
            await ConfirmEvents();
        }
    }

    public async Task Clear()
    {
        await ClearLogAsync();
        DeactivateOnIdle();
    }

    // The base class would dispatch the call at run time.
    protected override void TransitionState(Counter state, CounterEvent @event) => state.Apply(@event);
}

[LogConsistencyProvider(ProviderName = StorageNames.LogStorage)]
[StorageProvider(ProviderName = StorageNames.Memory)]
public sealed class LogStorageAdder : JournaledAdder, ILogStorageAdder;

[LogConsistencyProvider(ProviderName = StorageNames.StateStorage)]
[StorageProvider(ProviderName = StorageNames.Memory)]
public sealed class StateStorageAdder : JournaledAdder, IStateStorageAdder;

[LogConsistencyProvider(ProviderName = StorageNames.Journaled)]
public sealed class WalJournaledAdder : JournaledAdder, IWalJournaledAdder;
