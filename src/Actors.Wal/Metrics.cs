using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace Actors.Wal;

/// <summary>The store's meter and activity source, both named <c>Actors.Wal</c>. No stream or grain key is a dimension.</summary>
internal static class Metrics
{
    public const string Name = "Actors.Wal";

    public static readonly ActivitySource Activities = new(Name);

    private static readonly Meter Meter = new(Name);

    /// <summary>The open stores, and what returns the bytes of their files. A store that was never closed is removed when it is garbage collected.</summary>
    public static readonly ConditionalWeakTable<object, Func<long>> Sizes = [];

    public static readonly Counter<long> Events = Meter.CreateCounter<long>(
        "actors.wal.frames", "{frame}", "Frames written: events, states, checkpoints, truncations and deletions.");

    public static readonly Counter<long> Bytes = Meter.CreateCounter<long>(
        "actors.wal.written", "By", "Bytes of batches written.");

    public static readonly Histogram<int> BatchFrames = Meter.CreateHistogram<int>(
        "actors.wal.batch.frames", "{frame}", "Frames per batch: what one flush acknowledges.",
        tags: null, Buckets(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000));

    public static readonly Histogram<double> FlushDuration = Meter.CreateHistogram<double>(
        "actors.wal.flush.duration", "s", "Time that one flush takes.",
        tags: null, Buckets(50e-6, 100e-6, 200e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3, 20e-3, 50e-3, 0.1, 0.2, 0.5, 1, 2, 5, 10));

    public static readonly Histogram<double> OpenDuration = Meter.CreateHistogram<double>(
        "actors.wal.open.duration", "s", "Time that opening a store takes, recovery included.",
        tags: null, Buckets(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120, 300, 600, 1800));

    public static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "actors.wal.failures", "{failure}", "Stores that stopped after a failed write or flush.");

    public static readonly Counter<long> SnapshotFailures = Meter.CreateCounter<long>(
        "actors.wal.snapshot.failures", "{failure}", "Snapshots of the index that could not be made: the next opening reads more of the log.");

    public static readonly Counter<long> CompactedBytes = Meter.CreateCounter<long>(
        "actors.wal.compaction.replaced", "By", "Bytes of segments that compaction has replaced.");

    public static readonly Counter<long> CompactionWritten = Meter.CreateCounter<long>(
        "actors.wal.compaction.written", "By", "Bytes of the cold segments that compaction has written in their place.");

    public static readonly Counter<long> CompactionFailures = Meter.CreateCounter<long>(
        "actors.wal.compaction.failures", "{failure}", "Compactions that could not be done: the log stays as it is and takes more room.");

    public static readonly ObservableUpDownCounter<long> Size = Meter.CreateObservableUpDownCounter(
        "actors.wal.size", static () => Sizes.Sum(s => s.Value()), "By", "Bytes of the files of all open stores.");

    public static readonly Counter<long> ArchiveFailures = Meter.CreateCounter<long>(
        "actors.wal.archive.failures", "{failure}", "Segments that could not be archived: compaction waits for them.");

    // Collectors use these buckets unless they are told others. Their own begin at 5, which is too long for seconds of a flush.
    private static InstrumentAdvice<T> Buckets<T>(params T[] bounds)
        where T : struct => new() { HistogramBucketBoundaries = bounds };
}
