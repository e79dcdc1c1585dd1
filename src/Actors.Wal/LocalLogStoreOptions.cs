namespace Actors.Wal;

/// <summary>The options of a local store. Checked once, when the store opens.</summary>
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

    /// <summary>After this time the store begins a new segment if one is ready; at least 1 second, or null for no limit. 1 hour by default.</summary>
    public TimeSpan? SegmentAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// The largest batch, in bytes. At most this many bytes gather in memory for the next flush, besides the batch that is being
    /// flushed. At most half a segment; 8 MiB by default.
    /// </summary>
    public int MaxBatchBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>The largest payload of one event or state. Must leave 4 KiB of a batch for its frame; 4 MiB by default.</summary>
    public int MaxRecordBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>
    /// The most bytes of appends that wait in memory because the batches are full; more are refused with
    /// <see cref="StoreOverloadedException"/>. At least 64 KiB; 64 MiB by default.
    /// </summary>
    public long MaxWaitingBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>When appends are acknowledged, unless the stream's options say otherwise.</summary>
    public SyncPolicy Sync { get; init; } = SyncPolicy.Always;

    /// <summary>
    /// After this long without an append the store writes a mark, which proves the last batch durable. Recovery can then distinguish
    /// later damage to that batch from a torn write. 10 ms to 1 hour; 250 ms by default.
    /// </summary>
    public TimeSpan IdleMark { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the store tries to create the next segment while the disk is full. 10 ms to 1 hour; 1 second by default.</summary>
    public TimeSpan FullRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// After this many bytes of log the index is saved again, so that the next opening reads only what is newer. With very many
    /// streams it takes more bytes, so that snapshots add at most a quarter to the bytes written. At least 64 KiB; 256 MiB by default.
    /// </summary>
    public long IndexSnapshotBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>Whether opening reads and validates the whole log, not only what is newer than the last index snapshot. Off by default.</summary>
    public bool VerifyOnOpen { get; init; }

    /// <summary>
    /// The share of the log that may be dead bytes, because their streams were deleted or truncated or have newer states.
    /// Above it, compaction reclaims their space. 0.05 to 1, which is never; 0.5 by default: the log takes up to twice the bytes
    /// of its live frames.
    /// </summary>
    public double MaxDeadShare { get; init; } = 0.5;

    /// <summary>
    /// Segments whose last record is older are compressed, in blocks that can be read separately; null for never, the default.
    /// Compression costs processor time once, and some more with each read.
    /// </summary>
    public TimeSpan? CompressAfter { get; init; }

    /// <summary>The most bytes that compaction reads and writes per second. At least 1 MiB; 128 MiB by default.</summary>
    public long CompactionBytesPerSecond { get; init; } = 128 * 1024 * 1024;

    /// <summary>
    /// The most bytes that the store's files may take, or null for no limit but the disk. From nine tenths of it on, or four segments before
    /// it, compaction reclaims all it can at full speed. Appends that do not fit are rejected before the disk is full. At least 8 segments.
    /// </summary>
    public long? QuotaBytes { get; init; }

    /// <summary>How much of their history streams keep, unless they are opened with another rule. All of it by default.</summary>
    public Retention Retention { get; init; } = Retention.All;

    /// <summary>Takes a copy of every segment before compaction may replace it, or null.</summary>
    public ISegmentArchive? Archive { get; init; }

    /// <summary>Receives the progress of an opening about once a second; null for none.</summary>
    public IProgress<OpenProgress>? OpenProgress { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// Segments are filled with zeros ahead of time while the average batch is smaller than this. Above it, a flush that also writes
    /// the file's metadata costs less than the zeros.
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
