using System.Buffers.Binary;

namespace Actors.Wal.Format;

// byte  size  field                 (little-endian; a batch starts at a multiple of 512)
//    0     8  checksum              over bytes 8..96, seeded with store, segment, offset
//    8     4  magic                 "BTCH"
//   12     4  body length           bytes of frames after this header, a multiple of 8
//   16     4  frame count           0 for a mark
//   20     4  flags                 0
//   24     8  batch number          store-wide, from 1
//   32     8  previous checksum     of the previous batch's header, or of the segment header for a segment's first
//   40     8  directory epoch
//   48     8  first LSN             of its first frame; for a mark, of the next frame to come
//   56     8  time                  microseconds since 1970-01-01 UTC
//   64     8  durable LSN           the last record known durable when the batch was written
//   72     8  durable batch         the last batch known durable when this one was written
//   80     8  body checksum         over the body, seeded with store, segment, offset of the body
//   88     8  reserved              0
//
// A batch is valid if and only if its header's checksum, magic and zero fields are right, it lies inside its
// segment, its body's checksum is right, its frames fill the body exactly and number as the header says, and its
// number, previous checksum, epoch and first LSN follow from the batch before it.

internal readonly record struct BatchHeader(
    int BodyBytes,
    int FrameCount,
    ulong Number,
    ulong PreviousChecksum,
    long DirectoryEpoch,
    Lsn FirstLsn,
    long TimeMicros,
    Lsn Durable,
    ulong DurableBatch,
    ulong BodyChecksum)
{
    public const int SizeBytes = 96;

    private const uint Magic = 0x48435442; // "BTCH"

    public Lsn LastLsn => new(FirstLsn.Value + FrameCount - 1);

    /// <summary>Encodes the header and returns its checksum.</summary>
    public ulong Write(Span<byte> target, ulong storeSeed, FrameLocation location)
    {
        target[..SizeBytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(target[8..], Magic);
        BinaryPrimitives.WriteInt32LittleEndian(target[12..], BodyBytes);
        BinaryPrimitives.WriteInt32LittleEndian(target[16..], FrameCount);
        BinaryPrimitives.WriteUInt64LittleEndian(target[24..], Number);
        BinaryPrimitives.WriteUInt64LittleEndian(target[32..], PreviousChecksum);
        BinaryPrimitives.WriteInt64LittleEndian(target[40..], DirectoryEpoch);
        BinaryPrimitives.WriteInt64LittleEndian(target[48..], FirstLsn.Value);
        BinaryPrimitives.WriteInt64LittleEndian(target[56..], TimeMicros);
        BinaryPrimitives.WriteInt64LittleEndian(target[64..], Durable.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(target[72..], DurableBatch);
        BinaryPrimitives.WriteUInt64LittleEndian(target[80..], BodyChecksum);
        ulong checksum = Checksum.Of(target[8..SizeBytes], storeSeed, location);
        BinaryPrimitives.WriteUInt64LittleEndian(target, checksum);
        return checksum;
    }

    /// <summary>Decodes a header; null when the bytes are not a valid batch header at this place. The body is not checked.</summary>
    public static BatchHeader? Read(ReadOnlySpan<byte> source, ulong storeSeed, FrameLocation location, out ulong checksum)
    {
        checksum = 0;
        if (source.Length < SizeBytes || BinaryPrimitives.ReadUInt32LittleEndian(source[8..]) != Magic)
            return null;
        checksum = BinaryPrimitives.ReadUInt64LittleEndian(source);
        if (checksum != Checksum.Of(source[8..SizeBytes], storeSeed, location))
            return null;

        var header = new BatchHeader(
            BinaryPrimitives.ReadInt32LittleEndian(source[12..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[40..]),
            new Lsn(BinaryPrimitives.ReadInt64LittleEndian(source[48..])),
            BinaryPrimitives.ReadInt64LittleEndian(source[56..]),
            new Lsn(BinaryPrimitives.ReadInt64LittleEndian(source[64..])),
            BinaryPrimitives.ReadUInt64LittleEndian(source[72..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[80..]));
        bool sane = header.BodyBytes >= 0
            && header.BodyBytes % Layout.FrameAlignmentBytes == 0
            && header.FrameCount >= 0
            && header.FrameCount <= header.BodyBytes / FrameHeader.SizeBytes
            && BinaryPrimitives.ReadUInt32LittleEndian(source[20..]) == 0
            && BinaryPrimitives.ReadUInt64LittleEndian(source[88..]) == 0;
        return sane ? header : null;
    }
}
