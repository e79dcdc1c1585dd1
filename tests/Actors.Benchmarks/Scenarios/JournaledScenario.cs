using Actors.Benchmarks.Grains;

namespace Actors.Benchmarks.Scenarios;

/// <summary>Journaled grains write their whole log with every event, so each measurement starts with new ones.</summary>
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
