namespace Actors.Wal.Format;

/// <summary>Alignments and fixed positions that all structures of a segment share.</summary>
internal static class Layout
{
    /// <summary>What this program writes. Format 2 added a checksum of their own to the headers of frames.</summary>
    public const uint FormatVersion = 2;

    /// <summary>What this program can read, of older programs.</summary>
    public const uint OldestFormatVersion = 1;

    /// <summary>Batches, the header and the footer start at multiples of this: a sector with acknowledged bytes is never written again.</summary>
    public const int SectorBytes = 512;

    /// <summary>Frames start at multiples of this.</summary>
    public const int FrameAlignmentBytes = 8;

    /// <summary>The first batch follows the segment header's sector.</summary>
    public const int FirstBatchOffsetBytes = SectorBytes;

    /// <summary>The last microsecond since 1970-01-01 UTC that is a date.</summary>
    public const long MaxTimeMicros = 253_402_300_799_999_999;

    public static bool IsFormatKnown(uint version) => version is >= OldestFormatVersion and <= FormatVersion;

    public static long AlignSector(long offset) => (offset + (SectorBytes - 1)) & ~(long)(SectorBytes - 1);

    public static int AlignFrame(int length) => (length + (FrameAlignmentBytes - 1)) & ~(FrameAlignmentBytes - 1);
}
