using Actors.Wal;
using MessagePack;

namespace Actors.Orleans.Tests.Grains;

/// <summary>A grain whose state has a dictionary and a set.</summary>
public interface IStockGrain : IGrainWithStringKey
{
    Task Place(string item, int count);

    /// <summary>Changes the event once it is on its way; gives the count that the state has then.</summary>
    Task<int> SetAndChange(string item, int count, int changed);

    Task<int> Count(string item);

    Task TakeCheckpoint();
}

[Union(0, typeof(StockPlaced))]
[Union(1, typeof(StockSet))]
public abstract record StockEvent;

[MessagePackObject]
public sealed record StockPlaced([property: Key(0)] string Item, [property: Key(1)] int Count) : StockEvent;

/// <summary>An event that can be changed.</summary>
[MessagePackObject]
public sealed record StockSet : StockEvent
{
    [Key(0)]
    public required string Item { get; init; }

    [Key(1)]
    public required int[] Counts { get; init; }
}

[MessagePackObject]
public sealed class Stock : IApply<StockEvent>
{
    [Key(0)]
    public Dictionary<string, int> Counts { get; init; } = [];

    [Key(1)]
    public HashSet<string> Names { get; init; } = [];

    public void Apply(StockEvent change)
    {
        switch (change)
        {
            case StockPlaced placed:
                Counts[placed.Item] = Counts.GetValueOrDefault(placed.Item) + placed.Count;
                Names.Add(placed.Item);
                break;
            case StockSet set:
                Counts[set.Item] = set.Counts.Sum();
                Names.Add(set.Item);
                break;
        }
    }
}

public sealed class StockGrain([GrainLog("stock")] IGrainLog<Stock, StockEvent> log) : Grain, IStockGrain
{
    public async Task Place(string item, int count) => await log.AppendAsync(new StockPlaced(item, count));

    public async Task<int> SetAndChange(string item, int count, int changed)
    {
        var set = new StockSet { Item = item, Counts = [count] };
        ValueTask<Sequence> append = log.AppendAsync(set);
        set.Counts[0] = changed;
        await append;
        return log.State.Counts[item];
    }

    public Task<int> Count(string item) => Task.FromResult(log.State.Counts.GetValueOrDefault(item));

    public async Task TakeCheckpoint() => await log.CheckpointAsync();
}
