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

/// <summary>Yields once, as every grain does that awaits something: the lower bound for the cost of a durable call.</summary>
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
