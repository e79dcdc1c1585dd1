using Actors.Benchmarks.Measuring;

namespace Actors.Benchmarks.Scenarios;

/// <summary>A kind of call that callers repeat. A measurement prepares, calls and cleans up.</summary>
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

    /// <summary>Scenarios whose results this one uses for its own size. They are measured before it.</summary>
    public virtual IReadOnlyList<Scenario> Needs => [];

    /// <summary>Whether whole calls are counted instead of those that end within a window. Used for a few long calls.</summary>
    public virtual bool CountsWholeCalls => false;

    /// <summary>The number of operations that a call counts for.</summary>
    public virtual double OperationsPerCall => 1;

    /// <summary>The number of calls that each caller makes before a measurement.</summary>
    public int FirstCalls { get; init; } = 1;

    public virtual Task PrepareAsync(int callers, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Calls as long as <see cref="Caller.Next"/> returns true.</summary>
    public abstract Task CallAsync(Caller caller);

    public virtual Task CleanUpAsync(int callers) => Task.CompletedTask;

    /// <summary>Releases the resources that it keeps between measurements.</summary>
    public virtual Task CloseAsync() => Task.CompletedTask;
}
