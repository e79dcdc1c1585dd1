using Actors.Orleans.Health;
using Actors.Orleans.Hosting;
using Actors.Wal;
using Actors.Wal.Local;

namespace Actors.Orleans;

/// <summary>
/// The counts and sizes of a write-ahead log at one moment, for an endpoint. Counters start at 0 with the silo. Values that only a store on
/// files has are null for other stores.
/// </summary>
public sealed record WriteAheadLogStatus
{
    /// <summary>Events replayed by activations, of all logs of this process.</summary>
    public required long ReplayedEvents { get; init; }

    /// <summary>Checkpoints taken by grain logs, of all logs of this process.</summary>
    public required long Checkpoints { get; init; }

    /// <summary>Writes of fenced activations that were refused, of all logs of this process.</summary>
    public required long Fenced { get; init; }

    /// <inheritdoc cref="StoreStatistics.Streams"/>
    public required long Streams { get; init; }

    /// <inheritdoc cref="LocalStoreStatistics.Segments"/>
    public required long? Segments { get; init; }

    /// <inheritdoc cref="LocalStoreStatistics.LogBytes"/>
    public required long? LogBytes { get; init; }

    /// <inheritdoc cref="LocalStoreStatistics.FileBytes"/>
    public required long? FileBytes { get; init; }

    /// <inheritdoc cref="LocalStoreStatistics.QuotaBytes"/>
    public required long? QuotaBytes { get; init; }

    /// <inheritdoc cref="LocalStoreStatistics.CompactedSegments"/>
    public required long? CompactedSegments { get; init; }

    /// <inheritdoc cref="LocalStoreStatistics.CompactionBytes"/>
    public required long? CompactionBytes { get; init; }

    /// <inheritdoc cref="LocalStoreStatistics.CompactionFailures"/>
    public required long? CompactionFailures { get; init; }

    /// <summary>Frames appended.</summary>
    public required long Frames { get; init; }

    /// <inheritdoc cref="StoreStatistics.Batches"/>
    public required long Batches { get; init; }

    /// <inheritdoc cref="LocalStoreStatistics.Flushes"/>
    public required long? Flushes { get; init; }

    /// <summary>The LSN of the last record that is known to be durable.</summary>
    public required long DurableLsn { get; init; }

    /// <summary>Why the store no longer accepts appends, or null while it does.</summary>
    public required string? Failure { get; init; }

    /// <summary>The streams whose grains can't be activated.</summary>
    public required IReadOnlyCollection<QuarantinedStream> Quarantined { get; init; }

    /// <summary>What the opening of a store on files found; null for another store.</summary>
    public required WriteAheadLogRecovery? Recovery { get; init; }

    internal static WriteAheadLogStatus Of(LogStoreHost host, ProcessMeasurements measurements)
    {
        StoreStatistics statistics = host.Store.Statistics;
        var local = statistics as LocalStoreStatistics;
        return new WriteAheadLogStatus
        {
            ReplayedEvents = measurements.Replayed,
            Checkpoints = measurements.Checkpoints,
            Fenced = measurements.Fenced,
            Streams = statistics.Streams,
            Segments = local?.Segments,
            LogBytes = local?.LogBytes,
            FileBytes = local?.FileBytes,
            QuotaBytes = local?.QuotaBytes,
            CompactedSegments = local?.CompactedSegments,
            CompactionBytes = local?.CompactionBytes,
            CompactionFailures = local?.CompactionFailures,
            Frames = statistics.AppendedFrames,
            Batches = statistics.Batches,
            Flushes = local?.Flushes,
            DurableLsn = statistics.Durable.Value,
            Failure = statistics.Failure?.Message,
            Quarantined = host.Quarantine.Streams,
            Recovery = (host.Store as LocalLogStore)?.Recovery is { } recovery
                ? new WriteAheadLogRecovery(recovery.Elapsed.TotalMilliseconds, recovery.Frames, recovery.Streams, recovery.CleanClose, recovery.Torn?.Bytes ?? 0)
                : null,
        };
    }
}

/// <summary>What the opening of a store on files found.</summary>
/// <param name="ElapsedMs">How long it took, in milliseconds.</param>
/// <param name="Frames">Frames that were read.</param>
/// <param name="Streams">Streams that were found.</param>
/// <param name="CleanClose">Whether the store was closed cleanly before.</param>
/// <param name="TornBytes">Bytes of a write that was never acknowledged, cut from the end.</param>
public sealed record WriteAheadLogRecovery(double ElapsedMs, long Frames, long Streams, bool CleanClose, long TornBytes);
