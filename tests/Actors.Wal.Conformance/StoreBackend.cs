namespace Actors.Wal.Conformance;

/// <summary>A kind of store that the rules run against, with data of its own that outlives its stores.</summary>
public abstract class StoreBackend : IAsyncDisposable
{
    /// <summary>
    /// Whether several stores, as of several processes, may be open on the data at once. What needs somebody else then
    /// takes a second store; otherwise it is another handle of the same one.
    /// </summary>
    public abstract bool IsShared { get; }

    /// <summary>Opens a store on the data. The rules close what they open before they open it again, unless it is shared.</summary>
    public abstract Task<ILogStore> OpenAsync(StoreSettings settings);

    /// <summary>Removes the data; its stores are closed.</summary>
    public abstract ValueTask DisposeAsync();
}

/// <summary>The few settings that matter to the rules.</summary>
public sealed record StoreSettings
{
    /// <summary>The largest payload. One append or atomic append takes at least as much in all, and its frames' room besides.</summary>
    public int MaxRecordBytes { get; init; } = 32 * 1024;

    /// <summary>When appends are acknowledged, where a stream doesn't say otherwise.</summary>
    public SyncPolicy Sync { get; init; } = SyncPolicy.Always;

    /// <summary>How much of their history streams keep, where they don't say otherwise.</summary>
    public Retention Retention { get; init; } = Retention.All;

    /// <summary>The clock. Only the rules about times set another one.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
