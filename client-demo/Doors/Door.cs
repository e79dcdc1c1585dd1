using Actors.ClientDemo.Checking;

namespace Actors.ClientDemo.Doors;

/// <summary>A door of Orleans: the calls that its callers make, and the check after a kill.</summary>
internal abstract class Door(string name, int callers)
{
    public string Name { get; } = name;

    /// <summary>The callers; each has its own account or teller.</summary>
    public IReadOnlyList<Lane> Lanes { get; } = [.. Enumerable.Range(0, callers).Select(i => new Lane(i))];

    /// <summary>Calls that were acknowledged, or were under way at a kill and found done.</summary>
    public long Done => Lanes.Sum(l => l.Done);

    /// <summary>Prepares the grains for the calls, once.</summary>
    public virtual Task OpenAsync(IGrainFactory grains, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Makes the call with this number for a caller. When this returns, the silo has acknowledged the call.</summary>
    public abstract Task CallAsync(IGrainFactory grains, Lane lane, long number, CancellationToken cancellationToken);

    /// <summary>Reads all grains back and compares them with the acknowledged calls. No call may be under way.</summary>
    public abstract Task<CheckResult> CheckAsync(IGrainFactory grains, CancellationToken cancellationToken);
}
