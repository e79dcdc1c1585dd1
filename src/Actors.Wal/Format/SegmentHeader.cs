using System.Buffers.Binary;
using Actors.Wal.Storage;

namespace Actors.Wal.Format;

// byte  size  field                 (little-endian; the sector's remaining bytes are zero)
//    0     8  checksum              over bytes 8..112, seeded with store, segment, offset 0
//    8     8  magic                 "ACTWALSG"
//   16     4  format version        1 or 2
//   20     4  flags                 bit 0: has a predecessor; other bits 0
//   24    16  store id
//   40     4  segment number        from 1
//   44     4  predecessor number
//   48     8  predecessor length    bytes up to the end of its last batch
//   56     8  predecessor last LSN
//   64     8  predecessor last batch number
//   72     8  predecessor checksum  of its last batch's header, or of its segment header if it has no batch
//   80     8  directory epoch
//   88     8  created               microseconds since 1970-01-01 UTC
//   96     8  durable LSN           known durable when the header was written
//  104     8  segment bytes         the length the file was prepared with
//
// A segment header is valid if and only if its checksum, magic, version, store id and segment number are as
// expected and the unused bytes of its sector are zero.

internal readonly record struct Predecessor(uint Segment, long LengthBytes, Lsn LastLsn, ulong LastBatch, ulong Checksum);

internal readonly record struct SegmentHeader(
    uint Segment,
    Predecessor? Predecessor,
    long DirectoryEpoch,
    long CreatedMicros,
    Lsn Durable,
    long SegmentBytes)
{
    public const int SizeBytes = 112;

    private const ulong Magic = 0x47534C4157544341; // "ACTWALSG"

    /// <summary>Encodes into a whole sector and returns the checksum.</summary>
    public ulong Write(Span<byte> sector, Guid storeId, ulong storeSeed)
    {
        sector[..Layout.SectorBytes].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(sector[8..], Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[16..], Layout.FormatVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[20..], Predecessor is null ? 0u : 1u);
        storeId.TryWriteBytes(sector[24..]);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[40..], Segment);
        if (Predecessor is { } p)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(sector[44..], p.Segment);
            BinaryPrimitives.WriteInt64LittleEndian(sector[48..], p.LengthBytes);
            BinaryPrimitives.WriteInt64LittleEndian(sector[56..], p.LastLsn.Value);
            BinaryPrimitives.WriteUInt64LittleEndian(sector[64..], p.LastBatch);
            BinaryPrimitives.WriteUInt64LittleEndian(sector[72..], p.Checksum);
        }

        BinaryPrimitives.WriteInt64LittleEndian(sector[80..], DirectoryEpoch);
        BinaryPrimitives.WriteInt64LittleEndian(sector[88..], CreatedMicros);
        BinaryPrimitives.WriteInt64LittleEndian(sector[96..], Durable.Value);
        BinaryPrimitives.WriteInt64LittleEndian(sector[104..], SegmentBytes);
        ulong checksum = Checksum.Of(sector[8..SizeBytes], storeSeed, new FrameLocation(Segment, 0));
        BinaryPrimitives.WriteUInt64LittleEndian(sector, checksum);
        return checksum;
    }

    /// <summary>Reads the header of a file; null when it has no valid header of this segment of this store.</summary>
    public static SegmentHeader? Read(IReadableFile file, uint segment, Manifest manifest, out ulong checksum)
    {
        Span<byte> sector = stackalloc byte[Layout.SectorBytes];
        int count = file.Read(sector, 0);
        return Read(sector[..count], segment, manifest.StoreId, manifest.StoreSeed, out checksum);
    }

    /// <summary>Decodes a sector; null when it is not a valid header of this segment of this store.</summary>
    public static SegmentHeader? Read(ReadOnlySpan<byte> sector, uint segment, Guid storeId, ulong storeSeed, out ulong checksum)
    {
        checksum = 0;
        if (sector.Length < Layout.SectorBytes)
            return null;
        checksum = BinaryPrimitives.ReadUInt64LittleEndian(sector);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(sector[20..]);
        if (checksum != Checksum.Of(sector[8..SizeBytes], storeSeed, new FrameLocation(segment, 0))
            || BinaryPrimitives.ReadUInt64LittleEndian(sector[8..]) != Magic
            || !Layout.IsFormatKnown(BinaryPrimitives.ReadUInt32LittleEndian(sector[16..]))
            || flags > 1
            || new Guid(sector.Slice(24, 16)) != storeId
            || BinaryPrimitives.ReadUInt32LittleEndian(sector[40..]) != segment
            || sector[SizeBytes..Layout.SectorBytes].ContainsAnyExcept((byte)0))
            return null;

        Predecessor? predecessor = flags == 0
            ? null
            : new Predecessor(
                BinaryPrimitives.ReadUInt32LittleEndian(sector[44..]),
                BinaryPrimitives.ReadInt64LittleEndian(sector[48..]),
                new Lsn(BinaryPrimitives.ReadInt64LittleEndian(sector[56..])),
                BinaryPrimitives.ReadUInt64LittleEndian(sector[64..]),
                BinaryPrimitives.ReadUInt64LittleEndian(sector[72..]));
        return new SegmentHeader(
            segment,
            predecessor,
            BinaryPrimitives.ReadInt64LittleEndian(sector[80..]),
            BinaryPrimitives.ReadInt64LittleEndian(sector[88..]),
            new Lsn(BinaryPrimitives.ReadInt64LittleEndian(sector[96..])),
            BinaryPrimitives.ReadInt64LittleEndian(sector[104..]));
    }
}
