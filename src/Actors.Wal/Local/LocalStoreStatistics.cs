using Actors.Wal.Clocks;
using Actors.Wal.Commit;
using Actors.Wal.Compaction;
using Actors.Wal.Streams;

namespace Actors.Wal.Local;

/// <summary>The counts of a <see cref="LocalLogStore"/> at one moment.</summary>
public sealed record LocalStoreStatistics : StoreStatistics
{
    /// <summary>Segment files, cold ones included.</summary>
    public required long Segments { get; init; }

    /// <summary>Bytes of batches in all segments, and of cold segments.</summary>
    public required long LogBytes { get; init; }

    /// <summary>Bytes of all files, including prepared segment files that are still empty.</summary>
    public required long FileBytes { get; init; }

    /// <summary>The most bytes of files that the store may take, or null.</summary>
    public long? QuotaBytes { get; init; }

    /// <summary>Flushes made.</summary>
    public required long Flushes { get; init; }

    /// <summary>Segments that compaction has replaced.</summary>
    public required long CompactedSegments { get; init; }

    /// <summary>Bytes of the cold segments that compaction has written in their place.</summary>
    public required long CompactionBytes { get; init; }

    /// <summary>Compactions that failed. The log is unchanged then, and takes more space.</summary>
    public required long CompactionFailures { get; init; }

    /// <summary>How far the machine's clock is ahead of the store's clock, because it jumped forward by more than a day. Zero otherwise.</summary>
    public TimeSpan ClockAhead { get; init; }

    /// <summary>The error of the last failed compaction, or null.</summary>
    public Exception? CompactionFailure { get; init; }

    /// <summary>
    /// The damage that was found while the store was open. Compaction leaves the damaged segments as they are and compacts the others.
    /// Back up what can be read, and restore or salvage the damaged files: with them the store may not open again.
    /// </summary>
    public IReadOnlyList<LogCorruptException> Damages { get; init; } = [];

    /// <summary>Why a segment could not be archived, or null while all are.</summary>
    public Exception? ArchiveFailure { get; init; }

    /// <summary>Why there is no space for the next segment, or null while there is.</summary>
    public StoreFullException? Full { get; init; }

    internal static LocalStoreStatistics Of(StoreParts parts, LocalLogStoreOptions options)
    {
        CommitCounters commits = parts.Committer.Counters;
        CompactionCounters compactions = parts.Compactor.Counters;
        LogEnd end = parts.Publication.End;
        return new LocalStoreStatistics
        {
            Streams = parts.Publication.Streams,
            OpenStreams = parts.Streams.OpenCount,
            Segments = parts.Segments.All.Count,
            LogBytes = parts.Segments.All.Sum(s => s.LengthBytes),
            FileBytes = parts.Size.Bytes,
            QuotaBytes = options.QuotaBytes,
            PendingBytes = parts.Queue.PendingBytes,
            WaitingAppends = parts.Queue.WaitingCount,
            Published = end.Published,
            Durable = end.Durable,
            AppendedFrames = commits.Frames,
            AppendedBytes = commits.Bytes,
            Batches = commits.Batches,
            Flushes = commits.Flushes,
            CompactedSegments = compactions.Segments,
            CompactionBytes = compactions.BytesAfter,
            CompactionFailures = compactions.Failures,
            ClockAhead = options.Time is StoreClock clock ? clock.Behind : TimeSpan.Zero,
            CompactionFailure = compactions.LastFailure,
            Damages = parts.Segments.Damage.All,
            ArchiveFailure = parts.Archiver.Failure,
            Full = parts.Supply.Full,
            Failure = parts.Queue.Failure,
        };
    }
}
