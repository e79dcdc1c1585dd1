using Actors.Orleans;

namespace Actors.Benchmarks.Grains;

public sealed class GrainLogAdder([GrainLog("counter", ProviderName = StorageNames.GrainLogs)] IGrainLog<Counter, CounterEvent> log) : Grain, IGrainLogAdder
{
    public async Task<long> Add(long amount)
    {
        await log.AppendAsync(Added.Of(amount, log.State.Total));
        return log.State.Total;
    }
}
