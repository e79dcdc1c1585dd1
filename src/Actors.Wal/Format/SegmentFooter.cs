using System.Buffers.Binary;

namespace Actors.Wal.Format;

// byte  size  field                 (little-endian; the first sector boundary after the last batch)
//    0     8  checksum              over bytes 8..72, seeded with store, segment, offset
//    8     8  magic                 "ACTWALFT"
//   16     4  flags                 bit 0: a successor exists (the segment was rolled); other bits 0
//   20     4  reserved              0
//   24     8  length                bytes up to the end of the last batch
//   32     8  last LSN
//   40     8  last batch number
//   48     8  last batch checksum   of its header, or of the segment header if there is no batch
//   56     8  frame count           in this segment
//   64     8  written               microseconds since 1970-01-01 UTC
//
// A footer is valid if and only if its checksum, magic and zero fields are right. It proves that every batch up
// to its length was durable. It is derived data: a sealed segment without a footer is complete.

internal readonly record struct SegmentFooter(
    bool HasSuccessor,
    long LengthBytes,
    Lsn LastLsn,
    ulong LastBatch,
    ulong LastBatchChecksum,
    long FrameCount,
    long WrittenMicros)
{
    public const int SizeBytes = 72;

    private const ulong Magic = 0x54464C4157544341; // "ACTWALFT"

    public void Write(Span<byte> sector, ulong storeSeed, FrameLocation location)
    {
        sector[..Layout.SectorBytes].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(sector[8..], Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[16..], HasSuccessor ? 1u : 0u);
        BinaryPrimitives.WriteInt64LittleEndian(sector[24..], LengthBytes);
        BinaryPrimitives.WriteInt64LittleEndian(sector[32..], LastLsn.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(sector[40..], LastBatch);
        BinaryPrimitives.WriteUInt64LittleEndian(sector[48..], LastBatchChecksum);
        BinaryPrimitives.WriteInt64LittleEndian(sector[56..], FrameCount);
        BinaryPrimitives.WriteInt64LittleEndian(sector[64..], WrittenMicros);
        BinaryPrimitives.WriteUInt64LittleEndian(sector, Checksum.Of(sector[8..SizeBytes], storeSeed, location));
    }

    public static SegmentFooter? Read(ReadOnlySpan<byte> source, ulong storeSeed, FrameLocation location)
    {
        if (source.Length < SizeBytes
            || BinaryPrimitives.ReadUInt64LittleEndian(source[8..]) != Magic
            || BinaryPrimitives.ReadUInt64LittleEndian(source) != Checksum.Of(source[8..SizeBytes], storeSeed, location))
            return null;
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(source[16..]);
        if (flags > 1 || BinaryPrimitives.ReadUInt32LittleEndian(source[20..]) != 0)
            return null;
        return new SegmentFooter(
            flags == 1,
            BinaryPrimitives.ReadInt64LittleEndian(source[24..]),
            new Lsn(BinaryPrimitives.ReadInt64LittleEndian(source[32..])),
            BinaryPrimitives.ReadUInt64LittleEndian(source[40..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[48..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[56..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[64..]));
    }
}
