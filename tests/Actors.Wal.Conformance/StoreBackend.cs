namespace Actors.Wal.Conformance;

/// <summary>A kind of store that the rules are checked against. Its data outlives the stores that are opened on it.</summary>
public abstract class StoreBackend : IAsyncDisposable
{
    /// <summary>
    /// Whether several stores, like those of several processes, may be open on the data at once. Rules that need a second owner
    /// then open a second store; otherwise they use another handle of the same store.
    /// </summary>
    public abstract bool IsShared { get; }

    /// <summary>Opens a store on the data. Unless the backend is shared, the rules close each store before they open the next.</summary>
    public abstract Task<ILogStore> OpenAsync(StoreSettings settings);

    /// <summary>Deletes the data. All its stores are closed before.</summary>
    public abstract ValueTask DisposeAsync();
}

/// <summary>The settings of a store that the rules change.</summary>
public sealed record StoreSettings
{
    /// <summary>The largest payload in bytes. An append or atomic append of this total size, plus the frames' headers, must be accepted.</summary>
    public int MaxRecordBytes { get; init; } = 32 * 1024;

    /// <summary>When appends are acknowledged, unless a stream has its own policy.</summary>
    public SyncPolicy Sync { get; init; } = SyncPolicy.Always;

    /// <summary>The retention of streams that have none of their own.</summary>
    public Retention Retention { get; init; } = Retention.All;

    /// <summary>The clock. Only the rules about times set another one.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
