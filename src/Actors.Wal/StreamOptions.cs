namespace Actors.Wal;

/// <summary>The options for opening a stream.</summary>
public sealed record StreamOptions
{
    /// <summary>This stream's sync policy, or null for the store's.</summary>
    public SyncPolicy? Sync { get; init; }

    /// <summary>How much of its history this stream keeps from now on, or null for the store's rule.</summary>
    public Retention? Retention { get; init; }
}
