using Actors.Orleans;
using MessagePack;

namespace Actors.Explorer.Tests.Silos;

public interface ICounterGrain : IGrainWithStringKey
{
    Task<int> Add(int amount, string note = "");
}

[MessagePackObject, Alias("counter.added")]
public sealed record Added([property: Key(0)] int Amount, [property: Key(1)] string Note);

/// <summary>A state that does not accept every event that its grain appends.</summary>
[MessagePackObject]
public sealed class Counter : IApply<Added>
{
    [Key(0)]
    public int Total { get; set; }

    [Key(1)]
    public List<string> Notes { get; set; } = [];

    public void Apply(Added change)
    {
        if (change.Amount < 0)
            throw new InvalidOperationException("An amount is never negative.");
        Total += change.Amount;
        Notes.Add(change.Note);
    }
}

[GrainType("counter")]
public sealed class CounterGrain([GrainLog("counter")] IGrainLog<Counter, Added> log) : Grain, ICounterGrain
{
    public async Task<int> Add(int amount, string note)
    {
        await log.AppendAsync(new Added(amount, note));
        return log.State.Total;
    }
}
