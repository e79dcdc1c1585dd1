using Actors.ClientDemo.Checking;

namespace Actors.ClientDemo.Doors;

/// <summary>A door of Orleans: what its callers do, and what must be there after a kill.</summary>
internal abstract class Door(string name, int callers)
{
    public string Name { get; } = name;

    /// <summary>The callers; each has an account or a teller of its own.</summary>
    public IReadOnlyList<Lane> Lanes { get; } = [.. Enumerable.Range(0, callers).Select(i => new Lane(i))];

    /// <summary>Calls that were acknowledged, and those that were under way at a kill and found done.</summary>
    public long Done => Lanes.Sum(l => l.Done);

    /// <summary>Prepares what the calls need, once.</summary>
    public virtual Task OpenAsync(IGrainFactory grains, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Makes a caller's call of this number. When this returns the silo has acknowledged it.</summary>
    public abstract Task CallAsync(IGrainFactory grains, Lane lane, long number, CancellationToken cancellationToken);

    /// <summary>Reads everything back and holds it against what was acknowledged. No call may be under way.</summary>
    public abstract Task<CheckResult> CheckAsync(IGrainFactory grains, CancellationToken cancellationToken);
}
