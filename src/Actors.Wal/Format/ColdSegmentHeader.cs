using System.Buffers.Binary;

namespace Actors.Wal.Format;

// byte  size  field                 (little-endian; the sector's remaining bytes are zero)
//    0     8  checksum              over bytes 8..200, seeded with store, last segment, offset 0
//    8     8  magic                 "ACTWALCD"
//   16     4  format version        1 or 2
//   20     4  flags                 bit 0: has a predecessor; bit 1: its blocks are compressed where that makes them shorter; other bits 0
//   24    16  store id
//   40     4  first segment         of the sealed segments that it replaces
//   44     4  last segment
//   48     4  predecessor number    as in the header of the first segment
//   52     4  reserved              0
//   56     8  predecessor length
//   64     8  predecessor last LSN
//   72     8  predecessor last batch number
//   80     8  predecessor checksum
//   88     8  end length            of the last segment: bytes up to the end of its last batch
//   96     8  end last LSN
//  104     8  end last batch number
//  112     8  end checksum          of the last batch's header, or of its segment header if it has no batch
//  120     8  last time             microseconds since 1970-01-01 UTC, the greatest of all batches
//  128     8  directory epoch       the greatest of all batches and segments
//  136     8  clean LSN             streams that were deleted up to this LSN have no frames left but their deletions
//  144     8  as-of LSN             frames that were dead at this LSN were left out: earlier states can't be read from it
//  152     8  created               microseconds
//  160     8  frames
//  168     8  frame bytes           padded, not compressed
//  176     8  blocks
//  184     8  table offset
//  192     8  table checksum        over the table, seeded with store, last segment, table offset
//
// A cold segment header is valid if and only if its checksum, magic, version, store id and numbers are as expected, its
// reserved fields and the unused bytes of its sector are zero, and its table ends with the file.

/// <summary>The header of a cold segment: which segments it replaces, and how its frames are stored.</summary>
internal readonly record struct ColdSegmentHeader(
    uint First,
    Predecessor? Predecessor,
    Predecessor End,
    long LastTimeMicros,
    long DirectoryEpoch,
    Lsn Clean,
    Lsn AsOf,
    long CreatedMicros,
    long Frames,
    long FrameBytes,
    long Blocks,
    long TableOffsetBytes,
    ulong TableChecksum,
    bool IsCompressed)
{
    public const int SizeBytes = 200;
    public const int TableEntryBytes = 16;

    private const ulong Magic = 0x44434C4157544341; // "ACTWALCD"

    public uint Last => End.Segment;

    public Lsn FirstLsn => Predecessor is { } p ? p.LastLsn.Next : new Lsn(1);

    /// <summary>The length of the whole file.</summary>
    public long FileBytes => TableOffsetBytes + (Blocks * TableEntryBytes);

    public void Write(Span<byte> sector, Guid storeId, ulong storeSeed)
    {
        sector[..Layout.SectorBytes].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(sector[8..], Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[16..], Layout.FormatVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[20..], (Predecessor is null ? 0u : 1u) | (IsCompressed ? 2u : 0u));
        storeId.TryWriteBytes(sector[24..]);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[40..], First);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[44..], Last);
        if (Predecessor is { } p)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(sector[48..], p.Segment);
            WriteEnd(sector[56..], p);
        }

        WriteEnd(sector[88..], End);
        BinaryPrimitives.WriteInt64LittleEndian(sector[120..], LastTimeMicros);
        BinaryPrimitives.WriteInt64LittleEndian(sector[128..], DirectoryEpoch);
        BinaryPrimitives.WriteInt64LittleEndian(sector[136..], Clean.Value);
        BinaryPrimitives.WriteInt64LittleEndian(sector[144..], AsOf.Value);
        BinaryPrimitives.WriteInt64LittleEndian(sector[152..], CreatedMicros);
        BinaryPrimitives.WriteInt64LittleEndian(sector[160..], Frames);
        BinaryPrimitives.WriteInt64LittleEndian(sector[168..], FrameBytes);
        BinaryPrimitives.WriteInt64LittleEndian(sector[176..], Blocks);
        BinaryPrimitives.WriteInt64LittleEndian(sector[184..], TableOffsetBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(sector[192..], TableChecksum);
        BinaryPrimitives.WriteUInt64LittleEndian(sector, Checksum.Of(sector[8..SizeBytes], storeSeed, new FrameLocation(Last, 0)));
    }

    /// <summary>Decodes a sector; null when it is not a valid header for these segments of this store.</summary>
    public static ColdSegmentHeader? Read(ReadOnlySpan<byte> sector, uint first, uint last, Guid storeId, ulong storeSeed)
    {
        if (sector.Length < Layout.SectorBytes
            || BinaryPrimitives.ReadUInt64LittleEndian(sector) != Checksum.Of(sector[8..SizeBytes], storeSeed, new FrameLocation(last, 0))
            || BinaryPrimitives.ReadUInt64LittleEndian(sector[8..]) != Magic
            || !Layout.IsFormatKnown(BinaryPrimitives.ReadUInt32LittleEndian(sector[16..]))
            || BinaryPrimitives.ReadUInt32LittleEndian(sector[20..]) > 3
            || new Guid(sector.Slice(24, 16)) != storeId
            || BinaryPrimitives.ReadUInt32LittleEndian(sector[40..]) != first
            || BinaryPrimitives.ReadUInt32LittleEndian(sector[44..]) != last
            || BinaryPrimitives.ReadUInt32LittleEndian(sector[52..]) != 0
            || sector[SizeBytes..Layout.SectorBytes].ContainsAnyExcept((byte)0))
            return null;

        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(sector[20..]);
        bool hasPredecessor = (flags & 1) != 0;
        var header = new ColdSegmentHeader(
            first,
            hasPredecessor ? ReadEnd(sector[56..], BinaryPrimitives.ReadUInt32LittleEndian(sector[48..])) : null,
            ReadEnd(sector[88..], last),
            BinaryPrimitives.ReadInt64LittleEndian(sector[120..]),
            BinaryPrimitives.ReadInt64LittleEndian(sector[128..]),
            new Lsn(BinaryPrimitives.ReadInt64LittleEndian(sector[136..])),
            new Lsn(BinaryPrimitives.ReadInt64LittleEndian(sector[144..])),
            BinaryPrimitives.ReadInt64LittleEndian(sector[152..]),
            BinaryPrimitives.ReadInt64LittleEndian(sector[160..]),
            BinaryPrimitives.ReadInt64LittleEndian(sector[168..]),
            BinaryPrimitives.ReadInt64LittleEndian(sector[176..]),
            BinaryPrimitives.ReadInt64LittleEndian(sector[184..]),
            BinaryPrimitives.ReadUInt64LittleEndian(sector[192..]),
            (flags & 2) != 0);
        bool sane = first <= last
            && header.Frames >= 0
            && header.Blocks >= 0 && header.Blocks <= header.Frames
            && header.TableOffsetBytes >= Layout.SectorBytes
            && header.Blocks <= (Array.MaxLength / TableEntryBytes);
        return sane ? header : null;
    }

    private static void WriteEnd(Span<byte> target, in Predecessor end)
    {
        BinaryPrimitives.WriteInt64LittleEndian(target, end.LengthBytes);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], end.LastLsn.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(target[16..], end.LastBatch);
        BinaryPrimitives.WriteUInt64LittleEndian(target[24..], end.Checksum);
    }

    private static Predecessor ReadEnd(ReadOnlySpan<byte> source, uint segment)
        => new(
            segment,
            BinaryPrimitives.ReadInt64LittleEndian(source),
            new Lsn(BinaryPrimitives.ReadInt64LittleEndian(source[8..])),
            BinaryPrimitives.ReadUInt64LittleEndian(source[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[24..]));
}
