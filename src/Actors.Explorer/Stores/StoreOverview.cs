namespace Actors.Explorer.Stores;

/// <summary>A store's counts at one moment. Values that a kind of store does not have are null.</summary>
internal sealed record StoreOverview
{
    public required DateTimeOffset Time { get; init; }

    public required long Streams { get; init; }

    public long? OpenStreams { get; init; }

    /// <summary>The last acknowledged record.</summary>
    public required long LastLsn { get; init; }

    public long? DurableLsn { get; init; }

    /// <summary>Frames appended since the store was opened.</summary>
    public long? Frames { get; init; }

    public long? Bytes { get; init; }

    public long? Batches { get; init; }

    public long? Flushes { get; init; }

    public long? PendingBytes { get; init; }

    public long? WaitingAppends { get; init; }

    public TimeSpan? FlushP50 { get; init; }

    public TimeSpan? FlushP99 { get; init; }

    public long? Segments { get; init; }

    public long? LogBytes { get; init; }

    public long? FileBytes { get; init; }

    public long? QuotaBytes { get; init; }

    public long? CompactedSegments { get; init; }

    public OpeningView? Opening { get; init; }

    public IReadOnlyList<QuarantineRow> Quarantined { get; init; } = [];

    public IReadOnlyList<StoreWarning> Warnings { get; init; } = [];

    /// <summary>Why the store accepts nothing more; null while it does.</summary>
    public string? Failure { get; init; }
}

/// <summary>What the last opening did.</summary>
internal sealed record OpeningView(TimeSpan Elapsed, long Frames, long Streams, bool CleanClose, long TornBytes);

/// <summary>A stream whose grain can't be activated.</summary>
internal sealed record QuarantineRow(string Stream, long Sequence, string Error, DateTimeOffset Since);

/// <summary>What an operator should see to.</summary>
/// <param name="Text">What is wrong.</param>
/// <param name="Advice">What to do.</param>
internal sealed record StoreWarning(string Text, string Advice);
