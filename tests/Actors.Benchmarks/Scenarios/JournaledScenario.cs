using Actors.Benchmarks.Grains;

namespace Actors.Benchmarks.Scenarios;

/// <summary>Calls journaled grains. They write their whole log with every event, so each measurement uses new grains.</summary>
internal sealed class JournaledScenario(IReadOnlyList<int> callers, Workbench bench)
    : AdderScenario<ILogStorageAdder>("journaled-grain", "JournaledGrain, LogStorage on memory storage", callers, bench)
{
    private readonly Workbench _bench = bench;
    private long _firstKey;

    public override async Task CleanUpAsync(int callers)
    {
        await Task.WhenAll(Enumerable.Range(0, callers).Select(c => GrainOf(c).Clear()));
        _firstKey += callers;
    }

    protected override ILogStorageAdder GrainOf(int caller) => _bench.GrainsOf(caller).GetGrain<ILogStorageAdder>(_firstKey + caller);
}
