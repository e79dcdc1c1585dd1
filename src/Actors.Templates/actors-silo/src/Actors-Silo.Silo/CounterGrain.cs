using Actors.Orleans;
using Actors_Silo.Contracts;

namespace Actors_Silo.Silo;

[GrainType("counter")]
public sealed class CounterGrain([GrainLog("counter")] IGrainLog<Counter, Added> log) : Grain, ICounterGrain
{
    public async Task<long> Add(int amount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(amount, 1);
        await log.AppendAsync(new Added(amount)); // durable when this returns
        return log.State.Total;
    }

    public Task<long> Get() => Task.FromResult(log.State.Total);
}
