namespace Actors.Explorer.Stores;

/// <param name="Segments">The segments, oldest first.</param>
/// <param name="CompactedSegments">How many segments compaction has replaced since the opening; null when it is not known.</param>
/// <param name="Note">What to tell the reader; null for nothing.</param>
internal sealed record SegmentMap(IReadOnlyList<SegmentTile> Segments, long? CompactedSegments = null, string? Note = null);

/// <param name="First">The segment's number; the first one of a cold segment.</param>
/// <param name="Last">The last segment's number that a cold segment stands for.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Bytes">Bytes of log in it.</param>
/// <param name="FileBytes">Bytes of the file.</param>
/// <param name="FirstLsn">The LSN of the first record.</param>
/// <param name="LastLsn">The LSN of the last record.</param>
/// <param name="Records">How many records are in it.</param>
/// <param name="LiveShare">The estimated share of live bytes, from 0 to 1.</param>
/// <param name="Created">When it was made; null when it is not known.</param>
/// <param name="IsArchived">Whether the archive has it; null without an archive.</param>
internal sealed record SegmentTile(
    long First, long Last, SegmentKind Kind, long Bytes, long FileBytes, long FirstLsn, long LastLsn, long Records, double LiveShare, DateTimeOffset? Created, bool? IsArchived);

internal enum SegmentKind
{
    /// <summary>Appends go there.</summary>
    Active,

    /// <summary>It is full.</summary>
    Sealed,

    /// <summary>Compaction has written it, compressed.</summary>
    Cold,
}

/// <param name="FirstSegment">The segment, as <see cref="SegmentTile.First"/>.</param>
/// <param name="Events">How many events of the stream are in it.</param>
/// <param name="FirstSequence">The first of them.</param>
/// <param name="LastSequence">The last of them.</param>
internal sealed record SegmentUse(long FirstSegment, long Events, long FirstSequence, long LastSequence);
