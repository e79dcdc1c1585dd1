using System.Buffers.Binary;

namespace Actors.Wal.Format;

// byte  size  field                 (little-endian; the sector's remaining bytes are zero)
//    0     8  checksum              over bytes 8..104, seeded with store, segment, offset 0
//    8     8  magic                 "ACTWALIX"
//   16     4  format version        1 or 2
//   20     4  segment               the last one that the snapshot includes
//   24    16  store id
//   40     8  segment length        bytes up to the end of its last batch
//   48     8  last LSN
//   56     8  last batch number
//   64     8  last checksum         of the last batch's header, or of the segment header if it has no batch
//   72     8  last time             microseconds since 1970-01-01 UTC, the greatest of all batches
//   80     8  directory epoch       the greatest of all batches and segments
//   88     8  hash seed             of the stream hashes
//   96     8  entries
//
// Blocks of 64 KiB follow, the last one shorter:
//    0     8  checksum              over the block's other bytes, seeded with store, segment, offset
//    8     4  count                 of entries: 4095, fewer in the last block
//   12     4  reserved              0
//   16  16·n  entries               stream hash (8), location of the stream's last frame (8)
//
// A snapshot is valid if and only if its header's and blocks' checksums are right, its file is exactly as long as its
// entries take, and its entries are in ascending order: see IndexOrder. A snapshot is derived data: the log contains the
// same information. It is used only if the header of the segment after it names the same end.

internal readonly record struct IndexSnapshotHeader(
    Predecessor End,
    long LastTimeMicros,
    long DirectoryEpoch,
    ulong HashSeed,
    long Entries)
{
    public const int SizeBytes = 104;
    public const int BlockBytes = 64 * 1024;
    public const int BlockHeaderBytes = 16;
    public const int EntryBytes = 16;
    public const int EntriesPerBlock = (BlockBytes - BlockHeaderBytes) / EntryBytes;

    private const ulong Magic = 0x58494C4157544341; // "ACTWALIX"

    /// <summary>The length of the snapshot's file.</summary>
    public long FileBytes
    {
        get
        {
            long blocks = (Entries + EntriesPerBlock - 1) / EntriesPerBlock;
            return Layout.SectorBytes + (blocks * BlockHeaderBytes) + (Entries * EntryBytes);
        }
    }

    public void Write(Span<byte> sector, Guid storeId, ulong storeSeed)
    {
        sector[..Layout.SectorBytes].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(sector[8..], Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[16..], Layout.FormatVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[20..], End.Segment);
        storeId.TryWriteBytes(sector[24..]);
        BinaryPrimitives.WriteInt64LittleEndian(sector[40..], End.LengthBytes);
        BinaryPrimitives.WriteInt64LittleEndian(sector[48..], End.LastLsn.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(sector[56..], End.LastBatch);
        BinaryPrimitives.WriteUInt64LittleEndian(sector[64..], End.Checksum);
        BinaryPrimitives.WriteInt64LittleEndian(sector[72..], LastTimeMicros);
        BinaryPrimitives.WriteInt64LittleEndian(sector[80..], DirectoryEpoch);
        BinaryPrimitives.WriteUInt64LittleEndian(sector[88..], HashSeed);
        BinaryPrimitives.WriteInt64LittleEndian(sector[96..], Entries);
        BinaryPrimitives.WriteUInt64LittleEndian(sector, Checksum.Of(sector[8..SizeBytes], storeSeed, new FrameLocation(End.Segment, 0)));
    }

    /// <summary>Decodes a sector; null when it is not a valid header of a snapshot up to this segment of this store.</summary>
    public static IndexSnapshotHeader? Read(ReadOnlySpan<byte> sector, uint segment, Guid storeId, ulong storeSeed)
    {
        if (sector.Length < Layout.SectorBytes
            || BinaryPrimitives.ReadUInt64LittleEndian(sector) != Checksum.Of(sector[8..SizeBytes], storeSeed, new FrameLocation(segment, 0))
            || BinaryPrimitives.ReadUInt64LittleEndian(sector[8..]) != Magic
            || !Layout.IsFormatKnown(BinaryPrimitives.ReadUInt32LittleEndian(sector[16..]))
            || BinaryPrimitives.ReadUInt32LittleEndian(sector[20..]) != segment
            || new Guid(sector.Slice(24, 16)) != storeId
            || BinaryPrimitives.ReadInt64LittleEndian(sector[96..]) is < 0 or > long.MaxValue / (2 * EntryBytes)
            || sector[SizeBytes..Layout.SectorBytes].ContainsAnyExcept((byte)0))
            return null;
        return new IndexSnapshotHeader(
            new Predecessor(
                segment,
                BinaryPrimitives.ReadInt64LittleEndian(sector[40..]),
                new Lsn(BinaryPrimitives.ReadInt64LittleEndian(sector[48..])),
                BinaryPrimitives.ReadUInt64LittleEndian(sector[56..]),
                BinaryPrimitives.ReadUInt64LittleEndian(sector[64..])),
            BinaryPrimitives.ReadInt64LittleEndian(sector[72..]),
            BinaryPrimitives.ReadInt64LittleEndian(sector[80..]),
            BinaryPrimitives.ReadUInt64LittleEndian(sector[88..]),
            BinaryPrimitives.ReadInt64LittleEndian(sector[96..]));
    }
}
