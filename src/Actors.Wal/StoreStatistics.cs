namespace Actors.Wal;

/// <summary>A store's counts at one moment, of those that every store has. Counters start at 0 when the store opens.</summary>
public record StoreStatistics
{
    /// <summary>Streams that exist.</summary>
    public required long Streams { get; init; }

    /// <summary>Streams that are open.</summary>
    public required long OpenStreams { get; init; }

    /// <summary>Bytes that wait for the next commit or are being committed.</summary>
    public required long PendingBytes { get; init; }

    /// <summary>Appends that wait for room.</summary>
    public required long WaitingAppends { get; init; }

    /// <summary>The last acknowledged record.</summary>
    public required Lsn Published { get; init; }

    /// <summary>The last record that is known to be durable.</summary>
    public required Lsn Durable { get; init; }

    /// <summary>Frames appended.</summary>
    public required long AppendedFrames { get; init; }

    /// <summary>Bytes of frames appended.</summary>
    public required long AppendedBytes { get; init; }

    /// <summary>Batches written.</summary>
    public required long Batches { get; init; }

    /// <summary>Why the store no longer accepts appends, or null while it does.</summary>
    public Exception? Failure { get; init; }
}
