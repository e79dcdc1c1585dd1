namespace Actors.Wal.Format;

/// <summary>Alignments and fixed positions that all structures of a segment share.</summary>
internal static class Layout
{
    /// <summary>The format version that this program writes. Version 2 added the header checksum of frames.</summary>
    public const uint FormatVersion = 2;

    /// <summary>The oldest format version that this program can read.</summary>
    public const uint OldestFormatVersion = 1;

    /// <summary>Batches, the header and the footer start at multiples of this, so a sector with acknowledged bytes is never rewritten.</summary>
    public const int SectorBytes = 512;

    /// <summary>Frames start at multiples of this.</summary>
    public const int FrameAlignmentBytes = 8;

    /// <summary>The first batch follows the segment header's sector.</summary>
    public const int FirstBatchOffsetBytes = SectorBytes;

    /// <summary>The end of the year 9999 in microseconds since 1970-01-01 UTC: the greatest valid time.</summary>
    public const long MaxTimeMicros = 253_402_300_799_999_999;

    public static bool IsFormatKnown(uint version) => version is >= OldestFormatVersion and <= FormatVersion;

    public static long AlignSector(long offset) => (offset + (SectorBytes - 1)) & ~(long)(SectorBytes - 1);

    public static int AlignFrame(int length) => (length + (FrameAlignmentBytes - 1)) & ~(FrameAlignmentBytes - 1);
}
