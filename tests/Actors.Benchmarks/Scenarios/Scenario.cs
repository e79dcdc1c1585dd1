using Actors.Benchmarks.Measuring;

namespace Actors.Benchmarks.Scenarios;

/// <summary>Something that callers do over and over. One measurement is prepare, call, clean up.</summary>
internal abstract class Scenario(string name, string description, IReadOnlyList<int> callers)
{
    public string Name => name;

    public string Description => description;

    /// <summary>The numbers of callers that it is measured with.</summary>
    public IReadOnlyList<int> Callers => callers;

    /// <summary>Whether it calls grains.</summary>
    public virtual bool NeedsSilo => false;

    /// <summary>Whether it needs a PostgreSQL server.</summary>
    public virtual bool NeedsPostgres => false;

    /// <summary>Whether it needs more than a directory.</summary>
    public bool NeedsWorkbench => NeedsSilo || NeedsPostgres;

    /// <summary>Scenarios that it takes its own size from, and which are measured before it.</summary>
    public virtual IReadOnlyList<Scenario> Needs => [];

    /// <summary>Whether whole calls are counted instead of what ends within a window: for a few long calls.</summary>
    public virtual bool CountsWholeCalls => false;

    /// <summary>What a call counts for.</summary>
    public virtual double OperationsPerCall => 1;

    /// <summary>How many calls each caller makes before a measurement.</summary>
    public int FirstCalls { get; init; } = 1;

    public virtual Task PrepareAsync(int callers, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Calls for as long as <see cref="Caller.Next"/> says so.</summary>
    public abstract Task CallAsync(Caller caller);

    public virtual Task CleanUpAsync(int callers) => Task.CompletedTask;

    /// <summary>Gives up what it keeps from one measurement to the next.</summary>
    public virtual Task CloseAsync() => Task.CompletedTask;
}
