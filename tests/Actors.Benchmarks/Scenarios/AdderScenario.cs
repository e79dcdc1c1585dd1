using Actors.Benchmarks.Grains;
using Actors.Benchmarks.Measuring;

namespace Actors.Benchmarks.Scenarios;

/// <summary>Every caller calls a grain of its own; the call is a local one, with nothing between caller and silo.</summary>
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
            // A pool thread goes on with whoever it answered last: without turns a few callers make all the calls and
            // the others wait for ever. Waiting for a turn is part of the call's time.
            if (caller.HasCompany)
                await Task.Yield();
            await grain.Add(1);
        }
    }

    protected virtual TGrain GrainOf(int caller) => bench.GrainsOf(caller).GetGrain<TGrain>(caller);
}
