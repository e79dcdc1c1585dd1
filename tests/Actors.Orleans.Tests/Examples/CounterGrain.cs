// <example>
using Actors.Orleans;
using MessagePack;

namespace Counting;

[MessagePackObject, Alias("counter.added")]
public sealed record Added([property: Key(0)] int Amount);

[MessagePackObject]
public sealed class Counter : IApply<Added>
{
    [Key(0)] public int Total { get; set; }

    public void Apply(Added change) => Total += change.Amount;
}

public interface ICounterGrain : IGrainWithStringKey
{
    Task<int> Add(int amount);

    Task<int> Get();
}

[GrainType("counter")]
public sealed class CounterGrain([GrainLog("counter")] IGrainLog<Counter, Added> log) : Grain, ICounterGrain
{
    public async Task<int> Add(int amount)
    {
        await log.AppendAsync(new Added(amount));   // durable when this returns
        return log.State.Total;
    }

    public Task<int> Get() => Task.FromResult(log.State.Total);
}
// </example>
