using Actors.Explorer.Stores;
using Actors.Wal;
using Actors.Wal.Inspection;

namespace Actors.Explorer.Sources;

/// <summary>Turns what a store says into rows to show.</summary>
internal static class Rows
{
    public static StreamRow Of(StreamInfo info) => new(info.Id.Value, info.Head.Value, info.First.Value, info.Checkpoint?.Value);

    /// <param name="segment">The segment.</param>
    /// <param name="isLast">Whether it is the last segment of a log that is in use.</param>
    /// <param name="archivedThrough">The last segment that the archive has; null without an archive.</param>
    public static SegmentTile Of(SegmentInfo segment, bool isLast, uint? archivedThrough) => new(
        segment.First,
        segment.Last,
        segment.IsCold ? SegmentKind.Cold : isLast ? SegmentKind.Active : SegmentKind.Sealed,
        segment.Bytes,
        segment.FileBytes,
        segment.FirstLsn.Value,
        segment.LastLsn.Value,
        segment.Records,
        segment.LiveShare,
        segment.Created,
        archivedThrough is { } through ? segment.Last <= through : null);
}
