using Actors.Wal.Format;
using Actors.Wal.Storage;

namespace Actors.Wal.Recovery;

/// <summary>The kind of bytes after the last valid batch of the last segment.</summary>
internal enum TailKind
{
    /// <summary>Only zeros: the log ends here.</summary>
    End,

    /// <summary>A footer: the log was closed here, or its successor was started.</summary>
    Footer,

    /// <summary>Bytes of a write that nothing proves durable.</summary>
    Torn,

    /// <summary>A later structure proves that a missing batch was durable.</summary>
    Damaged,
}

/// <summary>The classification of the bytes after the last valid batch.</summary>
/// <param name="Kind">Their kind.</param>
/// <param name="EndBytes">The offset behind the last byte that is not zero.</param>
/// <param name="Frames">The number of frames of a torn batch, if its header validates.</param>
/// <param name="Footer">The footer, for <see cref="TailKind.Footer"/>.</param>
/// <param name="ProofOffsetBytes">The offset of the proof, for <see cref="TailKind.Damaged"/>.</param>
internal readonly record struct Tail(TailKind Kind, long EndBytes, int? Frames, SegmentFooter? Footer, long ProofOffsetBytes);

/// <summary>
/// Distinguishes a torn write from damage. A batch was durable if a structure that was written later says so: a batch header whose
/// durable batch is at or behind it, or a footer. A batch that merely comes later is no proof: under a sync policy other than
/// Always, several batches can be in flight when the power fails, and only the later one may have been written.
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
