using System.Buffers.Binary;

namespace Actors.Wal.Format;

// byte  size  field                 (little-endian; a block starts at a multiple of 8)
//    0     8  checksum              over bytes 8..32 and the stored bytes, seeded with store, last segment, offset
//    8     4  stored bytes          their number after this header
//   12     4  raw bytes             their number after decompression
//   16     4  frame count           1 or more
//   20     4  compression           0 none, 1 Brotli
//   24     8  first location        of its first frame, as in the table
//   32        stored bytes, then zeros to a multiple of 8
//
// The raw bytes are the frames' locations, 8 bytes each and ascending, then the frames, each padded to 8. A frame is
// stored as it was first written and keeps the checksum of its location, so pointers to it do not change.

internal readonly record struct ColdBlockHeader(int StoredBytes, int RawBytes, int FrameCount, ColdCompression Compression, FrameLocation First)
{
    public const int SizeBytes = 32;

    /// <summary>The largest number of raw bytes in a block; a longer frame has a block of its own.</summary>
    public const int FullBytes = 64 * 1024;

    public void Write(Span<byte> block, ulong storeSeed, FrameLocation place)
    {
        BinaryPrimitives.WriteInt32LittleEndian(block[8..], StoredBytes);
        BinaryPrimitives.WriteInt32LittleEndian(block[12..], RawBytes);
        BinaryPrimitives.WriteInt32LittleEndian(block[16..], FrameCount);
        BinaryPrimitives.WriteInt32LittleEndian(block[20..], (int)Compression);
        BinaryPrimitives.WriteUInt64LittleEndian(block[24..], First.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(block, Checksum.Of(block[8..(SizeBytes + StoredBytes)], storeSeed, place));
    }

    /// <summary>Decodes the header of a whole block; null when it does not validate at this place.</summary>
    public static ColdBlockHeader? Read(ReadOnlySpan<byte> block, ulong storeSeed, FrameLocation place)
    {
        if (block.Length < SizeBytes)
            return null;
        int stored = BinaryPrimitives.ReadInt32LittleEndian(block[8..]);
        int raw = BinaryPrimitives.ReadInt32LittleEndian(block[12..]);
        int frames = BinaryPrimitives.ReadInt32LittleEndian(block[16..]);
        int compression = BinaryPrimitives.ReadInt32LittleEndian(block[20..]);
        bool valid = stored >= 0
            && block.Length - SizeBytes - stored is >= 0 and < Layout.FrameAlignmentBytes
            && !block[(SizeBytes + stored)..].ContainsAnyExcept((byte)0)
            && BinaryPrimitives.ReadUInt64LittleEndian(block) == Checksum.Of(block[8..(SizeBytes + stored)], storeSeed, place)
            && frames > 0
            && compression is (int)ColdCompression.None or (int)ColdCompression.Brotli
            && raw / (sizeof(ulong) + FrameHeader.SizeBytes) >= frames
            && (frames == 1 || raw <= FullBytes);
        return valid
            ? new ColdBlockHeader(stored, raw, frames, (ColdCompression)compression, new FrameLocation(BinaryPrimitives.ReadUInt64LittleEndian(block[24..])))
            : null;
    }
}

internal enum ColdCompression
{
    None = 0,
    Brotli = 1,
}
