using Actors.Orleans;
using MessagePack;

namespace Actors.Hosting.Tests.Grains;

public interface ICounterGrain : IGrainWithStringKey
{
    Task<int> Add(int amount);
}

[MessagePackObject, Alias("counter.added")]
public sealed record Added([property: Key(0)] int Amount);

[MessagePackObject]
public sealed class Counter : IApply<Added>
{
    [Key(0)]
    public int Total { get; set; }

    public void Apply(Added change)
    {
        if (change.Amount < 0)
            throw new InvalidOperationException("An amount is never negative.");
        Total += change.Amount;
    }
}

[GrainType("counter")]
public sealed class CounterGrain([GrainLog("counter")] IGrainLog<Counter, Added> log) : Grain, ICounterGrain
{
    public async Task<int> Add(int amount)
    {
        await log.AppendAsync(new Added(amount));
        return log.State.Total;
    }
}

/// <summary>A grain with a log and no name of its own, as a release may have by mistake.</summary>
public sealed class UnnamedGrain([GrainLog("counter")] IGrainLog<Counter, Added> log) : Grain, IGrainWithStringKey
{
    public int Total => log.State.Total;
}
