using Actors.Wal.Commit;
using Actors.Wal.Format;
using Actors.Wal.Index;
using Actors.Wal.Segments;

namespace Actors.Wal.Recovery;

/// <summary>The result of reading a whole log. A writer can start only from this.</summary>
internal sealed record RecoveredLog
{
    public required Manifest Manifest { get; init; }

    public required bool Created { get; init; }

    public required SegmentSet Segments { get; init; }

    public required StreamIndex Index { get; init; }

    /// <summary>The snapshot that the index was loaded from; null when the whole log was read.</summary>
    public required IndexSnapshotHeader? Snapshot { get; init; }

    public required LogPosition Position { get; init; }

    public required long LastTimeMicros { get; init; }

    /// <summary>The directory epoch of this opening. It is greater than every epoch in the log.</summary>
    public required long DirectoryEpoch { get; init; }

    public required uint NextSegment { get; init; }

    public required bool CleanClose { get; init; }

    public required TornTail? Torn { get; init; }

    /// <summary>Files behind the last segment that hold nothing durable.</summary>
    public required IReadOnlyList<uint> Unused { get; init; }

    /// <summary>Files that a cold segment has replaced, and that are still to be deleted.</summary>
    public required IReadOnlyList<string> Covered { get; init; }

    /// <summary>The number of segments that were read, without those that the snapshot includes.</summary>
    public required int SegmentsRead { get; init; }

    public required long Batches { get; init; }

    public required long Frames { get; init; }

    public required long Bytes { get; init; }
}
