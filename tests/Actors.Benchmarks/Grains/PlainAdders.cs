namespace Actors.Benchmarks.Grains;

public sealed class PlainAdder : Grain, IPlainAdder
{
    private readonly Counter _counter = new();

    public Task<long> Add(long amount)
    {
        _counter.Apply(Added.Of(amount, _counter.Total));
        return Task.FromResult(_counter.Total);
    }
}

/// <summary>What any grain pays that waits for something: the least that a durable call can cost.</summary>
public sealed class YieldAdder : Grain, IYieldAdder
{
    private readonly Counter _counter = new();

    public async Task<long> Add(long amount)
    {
        await Task.Yield();
        _counter.Apply(Added.Of(amount, _counter.Total));
        return _counter.Total;
    }
}
