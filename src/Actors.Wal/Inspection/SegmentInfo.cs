namespace Actors.Wal.Inspection;

/// <summary>A segment as it is shown to people.</summary>
/// <param name="First">Its number; that of the first segment that a cold segment replaces.</param>
/// <param name="Last">The number of the last segment that a cold segment replaces.</param>
/// <param name="IsCold">Whether compaction wrote it.</param>
/// <param name="Bytes">The bytes of log in it.</param>
/// <param name="FileBytes">The bytes of its file.</param>
/// <param name="FirstLsn">The LSN of its first record.</param>
/// <param name="LastLsn">The LSN of its last record.</param>
/// <param name="Records">The records in it.</param>
/// <param name="LiveShare">The estimated share of live bytes, 0 to 1.</param>
/// <param name="DirectoryEpoch">The opening that wrote it.</param>
/// <param name="Created">When it was made.</param>
internal sealed record SegmentInfo(
    uint First, uint Last, bool IsCold, long Bytes, long FileBytes, Lsn FirstLsn, Lsn LastLsn, long Records, double LiveShare, long? DirectoryEpoch, DateTimeOffset? Created);
