using Actors.Orleans;

namespace Actors.Benchmarks.Grains;

public abstract class LogAdder(IGrainLog<Counter, CounterEvent> log) : Grain, IAdder
{
    public async Task<long> Add(long amount)
    {
        await log.AppendAsync(Added.Of(amount, log.State.Total));
        return log.State.Total;
    }
}

public sealed class GrainLogAdder([GrainLog("counter", ProviderName = StorageNames.GrainLogs)] IGrainLog<Counter, CounterEvent> log) : LogAdder(log), IGrainLogAdder;

public sealed class PostgresLogAdder([GrainLog("counter", ProviderName = StorageNames.Postgres)] IGrainLog<Counter, CounterEvent> log) : LogAdder(log), IPostgresLogAdder;
