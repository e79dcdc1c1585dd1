using Actors.Benchmarks.Grains;
using Actors.Benchmarks.Measuring;

namespace Actors.Benchmarks.Scenarios;

/// <summary>Every caller calls its own grain. The call is local, without a network connection.</summary>
internal class AdderScenario<TGrain>(string name, string description, IReadOnlyList<int> callers, Workbench bench)
    : Scenario(name, description, callers)
    where TGrain : IAdder
{
    public override bool NeedsSilo => true;

    public override bool NeedsPostgres { get; } = typeof(TGrain) == typeof(IAdoNetAdder) || typeof(TGrain) == typeof(IPostgresLogAdder) || typeof(TGrain) == typeof(IPostgresStorageAdder);

    public override async Task CallAsync(Caller caller)
    {
        TGrain grain = GrainOf(caller.Index);
        while (caller.Next())
        {
            // A pool thread continues with the caller that it answered last. Without the yield a few callers would make all calls and
            // the others would starve. The wait for a turn is part of the call's time.
            if (caller.HasCompany)
                await Task.Yield();
            await grain.Add(1);
        }
    }

    protected virtual TGrain GrainOf(int caller) => bench.GrainsOf(caller).GetGrain<TGrain>(caller);
}
