using Actors.Wal.Format;
using Actors.Wal.Storage;

namespace Actors.Wal.Recovery;

/// <summary>What follows the last segment's last valid batch.</summary>
internal enum TailKind
{
    /// <summary>Only zeros: the log ends here.</summary>
    End,

    /// <summary>A footer: the log was closed here, or its successor was started.</summary>
    Footer,

    /// <summary>Bytes of a write that was never known durable.</summary>
    Torn,

    /// <summary>Something later proves that what is missing here was durable.</summary>
    Damaged,
}

/// <summary>The verdict on a tail.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="EndBytes">Behind the last byte that is not zero.</param>
/// <param name="Frames">Frames of a torn batch whose header validates.</param>
/// <param name="Footer">The footer, for <see cref="TailKind.Footer"/>.</param>
/// <param name="ProofOffsetBytes">Where the proof is, for <see cref="TailKind.Damaged"/>.</param>
internal readonly record struct Tail(TailKind Kind, long EndBytes, int? Frames, SegmentFooter? Footer, long ProofOffsetBytes);

/// <summary>
/// Tells a torn write from damage. The proof that a batch was durable is another structure that was written later and
/// says so: a batch header whose durable batch is at or behind it, or a footer. A batch that merely comes later is no
/// proof: under a sync policy other than Always, several can be on their way when the power goes, and the later one
/// may be the one that arrived.
/// </summary>
internal static class TailClassifier
{
    private const int ChunkBytes = 1024 * 1024;

    public static Tail Classify(IStorageFile file, uint segment, ulong storeSeed, long offset, ulong lastValidBatch)
    {
        long length = file.LengthBytes;
        long end = offset;
        int? frames = null;
        byte[] buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(ChunkBytes, Math.Max(length - offset, 0)));
        for (long chunk = offset; chunk < length; chunk += ChunkBytes)
        {
            int count = file.Read(buffer.AsSpan(0, (int)Math.Min(ChunkBytes, length - chunk)), chunk);
            int last = buffer.AsSpan(0, count).LastIndexOfAnyExcept((byte)0);
            if (last < 0)
                continue;
            end = chunk + last + 1;
            for (int sector = 0; sector <= last; sector += Layout.SectorBytes)
            {
                ReadOnlySpan<byte> bytes = buffer.AsSpan(sector, count - sector);
                var location = new FrameLocation(segment, chunk + sector);
                if (SegmentFooter.Read(bytes, storeSeed, location) is { } footer)
                {
                    if (location.OffsetBytes == offset && footer.LastBatch == lastValidBatch)
                        return new Tail(TailKind.Footer, end, null, footer, 0);
                    if (footer.LastBatch > lastValidBatch)
                        return new Tail(TailKind.Damaged, end, null, footer, location.OffsetBytes);
                }
                else if (BatchHeader.Read(bytes, storeSeed, location, out _) is { } header)
                {
                    if (header.DurableBatch > lastValidBatch)
                        return new Tail(TailKind.Damaged, end, null, null, location.OffsetBytes);
                    if (location.OffsetBytes == offset)
                        frames = header.FrameCount;
                }
            }
        }

        return new Tail(end == offset ? TailKind.End : TailKind.Torn, end, frames, null, 0);
    }
}
