namespace Actors.Wal;

/// <summary>How a local store behaves. Checked once, when the store opens.</summary>
public sealed record LocalLogStoreOptions
{
    /// <summary>The smallest segment.</summary>
    public const long MinSegmentBytes = 64 * 1024;

    /// <summary>The largest segment.</summary>
    public const long MaxSegmentBytes = 4L * 1024 * 1024 * 1024;

    /// <summary>The store's directory; created when missing.</summary>
    public required string Directory { get; init; }

    /// <summary>The length that segment files are prepared with. 64 KiB to 4 GiB, a multiple of 512; 64 MiB by default.</summary>
    public long SegmentBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>How long batches go into one segment before the next is started, if there is room for one; at least 1 second, or null for no limit. 1 hour by default.</summary>
    public TimeSpan? SegmentAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// The most bytes that one batch takes; also the most that wait in memory for the next flush, beside the batch
    /// being flushed. At most half a segment; 8 MiB by default.
    /// </summary>
    public int MaxBatchBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>The largest payload of one event or state. Must leave 4 KiB of a batch for its frame; 4 MiB by default.</summary>
    public int MaxRecordBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>
    /// The most bytes of appends that wait in memory because the batches are full; more are refused with
    /// <see cref="StoreOverloadedException"/>. At least 64 KiB; 64 MiB by default.
    /// </summary>
    public long MaxWaitingBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>When appends are acknowledged, where the stream doesn't say otherwise.</summary>
    public SyncPolicy Sync { get; init; } = SyncPolicy.Always;

    /// <summary>
    /// After this long without an append the log writes an empty batch that proves the last one durable,
    /// so that later damage to that one is told from a torn write. 10 ms to 1 hour; 250 ms by default.
    /// </summary>
    public TimeSpan IdleMark { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often room for the next segment is looked for while the disk is full. 10 ms to 1 hour; 1 second by default.</summary>
    public TimeSpan FullRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// After so many bytes of log the index is saved again, so that the next opening reads only what is newer; with
    /// very many streams after more, so that snapshots add a quarter to what is written at most. At least 64 KiB; 256 MiB by default.
    /// </summary>
    public long IndexSnapshotBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>Whether opening reads and validates the whole log instead of what is newer than the last snapshot of the index. Off by default.</summary>
    public bool VerifyOnOpen { get; init; }

    /// <summary>
    /// What share of the log may be bytes that nobody can read any more, because their streams were deleted or truncated or
    /// have newer states; above it compaction wins their room back. 0.05 to 1, which is never; 0.5 by default: a log takes
    /// twice what is live in it.
    /// </summary>
    public double MaxDeadShare { get; init; } = 0.5;

    /// <summary>
    /// Segments whose last record is older are compressed, in blocks that are read by themselves; null for never, the default.
    /// It costs processor time once, and some more with each read.
    /// </summary>
    public TimeSpan? CompressAfter { get; init; }

    /// <summary>The most bytes that compaction reads and writes in a second. At least 1 MiB; 128 MiB by default.</summary>
    public long CompactionBytesPerSecond { get; init; } = 128 * 1024 * 1024;

    /// <summary>
    /// The most bytes of files that the store may take, or null for what the disk has. From nine tenths on, or four segments before it, compaction wins
    /// back all that it can, as fast as it can; what does not fit is rejected, before the disk is full. At least 8 segments.
    /// </summary>
    public long? QuotaBytes { get; init; }

    /// <summary>How much of their history streams keep, where they are not opened with something else. All of it by default.</summary>
    public Retention Retention { get; init; } = Retention.All;

    /// <summary>Takes a copy of every segment before compaction may replace it, or null.</summary>
    public ISegmentArchive? Archive { get; init; }

    /// <summary>Told about once a second how far an opening is; null for nobody.</summary>
    public IProgress<OpenProgress>? OpenProgress { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// Segments are filled with zeros ahead while batches are smaller on average. Above, a flush that has to note where the
    /// file is written costs less than the zeros.
    /// </summary>
    internal int FillBelowBatchBytes { get; init; } = 128 * 1024;

    /// <summary>Checks ranges and relations.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message says which and what is allowed.</exception>
    public void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(Directory);
        ArgumentNullException.ThrowIfNull(Time);
        Require(SegmentBytes is >= MinSegmentBytes and <= MaxSegmentBytes && SegmentBytes % 512 == 0, nameof(SegmentBytes), SegmentBytes, $"a multiple of 512 between {MinSegmentBytes} and {MaxSegmentBytes}");
        Require(SegmentAge is null || SegmentAge >= TimeSpan.FromSeconds(1), nameof(SegmentAge), SegmentAge, "at least 1 second, or null");
        Require(MaxBatchBytes >= 16 * 1024 && MaxBatchBytes <= SegmentBytes / 2, nameof(MaxBatchBytes), MaxBatchBytes, $"between 16384 and half of {nameof(SegmentBytes)} ({SegmentBytes / 2})");
        Require(MaxRecordBytes >= 1 && MaxRecordBytes <= MaxBatchBytes - 4096, nameof(MaxRecordBytes), MaxRecordBytes, $"between 1 and {nameof(MaxBatchBytes)} - 4096 ({MaxBatchBytes - 4096})");
        Require(MaxWaitingBytes >= 64 * 1024, nameof(MaxWaitingBytes), MaxWaitingBytes, "at least 65536");
        Require(IndexSnapshotBytes >= MinSegmentBytes, nameof(IndexSnapshotBytes), IndexSnapshotBytes, $"at least {MinSegmentBytes}");
        Require(MaxDeadShare is >= 0.05 and <= 1, nameof(MaxDeadShare), MaxDeadShare, "between 0.05 and 1");
        Require(CompressAfter is null || CompressAfter >= TimeSpan.Zero, nameof(CompressAfter), CompressAfter, "a time span, or null");
        Require(CompactionBytesPerSecond >= 1024 * 1024, nameof(CompactionBytesPerSecond), CompactionBytesPerSecond, "at least 1048576");
        Require(QuotaBytes is null || QuotaBytes >= 8 * SegmentBytes, nameof(QuotaBytes), QuotaBytes, $"at least 8 times {nameof(SegmentBytes)} ({8 * SegmentBytes}), or null");
        Require(IdleMark >= TimeSpan.FromMilliseconds(10) && IdleMark <= TimeSpan.FromHours(1), nameof(IdleMark), IdleMark, "between 10 milliseconds and 1 hour");
        Require(FullRetry >= TimeSpan.FromMilliseconds(10) && FullRetry <= TimeSpan.FromHours(1), nameof(FullRetry), FullRetry, "between 10 milliseconds and 1 hour");
    }

    private static void Require(bool condition, string name, object? value, string allowed)
    {
        if (!condition)
            throw new ArgumentException($"{name} is {value}; it must be {allowed}.", name);
    }
}
