using Actors.Wal.Commit;
using Actors.Wal.Format;
using Actors.Wal.Index;
using Actors.Wal.Segments;

namespace Actors.Wal.Recovery;

/// <summary>What reading a whole log gave. Only this can start the writer.</summary>
internal sealed record RecoveredLog
{
    public required Manifest Manifest { get; init; }

    public required bool Created { get; init; }

    public required SegmentSet Segments { get; init; }

    public required StreamIndex Index { get; init; }

    /// <summary>Where the index comes from that was not read from the log, or null.</summary>
    public required IndexSnapshotHeader? Snapshot { get; init; }

    public required LogPosition Position { get; init; }

    public required long LastTimeMicros { get; init; }

    /// <summary>Greater than every epoch in the log.</summary>
    public required long DirectoryEpoch { get; init; }

    public required uint NextSegment { get; init; }

    public required bool CleanClose { get; init; }

    public required TornTail? Torn { get; init; }

    /// <summary>Files behind the last segment that hold nothing durable.</summary>
    public required IReadOnlyList<uint> Unused { get; init; }

    /// <summary>Files that a cold segment stands for, and that were to be deleted.</summary>
    public required IReadOnlyList<string> Covered { get; init; }

    /// <summary>Segments that were read, beside those that a snapshot has taken in.</summary>
    public required int SegmentsRead { get; init; }

    public required long Batches { get; init; }

    public required long Frames { get; init; }

    public required long Bytes { get; init; }
}
