using System.Buffers.Binary;
using Actors.Wal.Format;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Cold;

/// <summary>
/// A file into which compaction copied the live frames of one or more segments. A frame is unchanged and is found by the location
/// at which it was first written. The file never changes; a later compaction replaces it by another one.
/// </summary>
internal sealed class ColdSegment(IStorage storage, ColdSegmentHeader header, ulong storeSeed, string? path = null)
    : Segment(storage, path ?? SegmentFiles.ColdPath(header.First, header.Last), header.First, header.Last, header.FirstLsn, header.FileBytes)
{
    private readonly Lock _tableGate = new();
    private byte[]? _table;

    public override bool IsCold => true;

    public ColdSegmentHeader Header => header;

    public int BlockCount => (int)header.Blocks;

    /// <summary>Reads the header of a cold segment.</summary>
    /// <exception cref="LogCorruptException">The header does not validate, or the file does not have the length that it states.</exception>
    public static ColdSegment Open(IStorage storage, in SegmentName name, Manifest manifest)
    {
        using IStorageFile file = storage.Open(name.Path, StorageAccess.Read);
        Span<byte> sector = stackalloc byte[Layout.SectorBytes];
        int count = file.Read(sector, 0);
        if (ColdSegmentHeader.Read(sector[..count], name.First, name.Last, manifest.StoreId, manifest.StoreSeed) is not { } header)
            throw new LogCorruptException("The cold segment's header does not validate.", name.Path, 0);
        return file.LengthBytes == header.FileBytes
            ? new ColdSegment(storage, header, manifest.StoreSeed)
            : throw new LogCorruptException($"The cold segment is {file.LengthBytes} bytes long; its header says {header.FileBytes}.", name.Path, Math.Min(file.LengthBytes, header.FileBytes));
    }

    /// <summary>Returns the block that a frame of this location would be in; -1 for none.</summary>
    public int BlockOf(FrameLocation location)
    {
        ReadOnlySpan<byte> table = Table();
        int low = 0;
        int high = BlockCount - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (BinaryPrimitives.ReadUInt64LittleEndian(table[(middle * ColdSegmentHeader.TableEntryBytes)..]) <= location.Value)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return high;
    }

    /// <summary>Returns the offset of a block in the file.</summary>
    public long OffsetOf(int block)
        => block == BlockCount
            ? header.TableOffsetBytes
            : BinaryPrimitives.ReadInt64LittleEndian(Table()[((block * ColdSegmentHeader.TableEntryBytes) + 8)..]);

    /// <summary>Returns the location of a block's first frame, as the table states it.</summary>
    public FrameLocation FirstOf(int block)
        => new(BinaryPrimitives.ReadUInt64LittleEndian(Table()[(block * ColdSegmentHeader.TableEntryBytes)..]));

    /// <summary>Reads a block of the file without validating it.</summary>
    public int ReadStored(int block, ref byte[] buffer)
    {
        long offset = OffsetOf(block);
        int length = (int)(OffsetOf(block + 1) - offset);
        if (buffer.Length < length)
            buffer = GC.AllocateUninitializedArray<byte>(length);
        return File.Read(buffer.AsSpan(0, length), offset);
    }

    public LogCorruptException Damaged(string what, long offset) => new(what, Path, offset);

    private ReadOnlySpan<byte> Table() => Volatile.Read(ref _table) ?? ReadTable();

    private byte[] ReadTable()
    {
        lock (_tableGate)
        {
            if (_table is { } known)
                return known;
            var table = new byte[BlockCount * ColdSegmentHeader.TableEntryBytes];
            int count = File.Read(table, header.TableOffsetBytes);
            if (count < table.Length || Checksum.Of(table, storeSeed, new FrameLocation(Last, header.TableOffsetBytes)) != header.TableChecksum || !IsSane(table))
                throw Damaged("The cold segment's table does not validate.", header.TableOffsetBytes);
            Volatile.Write(ref _table, table);
            return table;
        }
    }

    /// <summary>Whether the blocks follow each other without a gap, and their first locations ascend.</summary>
    private bool IsSane(ReadOnlySpan<byte> table)
    {
        long offset = Layout.SectorBytes;
        ulong location = 0;
        for (int i = 0; i < BlockCount; i++)
        {
            ReadOnlySpan<byte> entry = table[(i * ColdSegmentHeader.TableEntryBytes)..];
            ulong first = BinaryPrimitives.ReadUInt64LittleEndian(entry);
            long at = BinaryPrimitives.ReadInt64LittleEndian(entry[8..]);
            bool follows = i == 0 ? at == offset : at > offset && at - offset <= Array.MaxLength;
            if (!follows || first <= location || at % Layout.FrameAlignmentBytes != 0 || new FrameLocation(first).Segment < First || new FrameLocation(first).Segment > Last)
                return false;
            offset = at;
            location = first;
        }

        return header.TableOffsetBytes >= offset && header.TableOffsetBytes - offset <= Array.MaxLength && BlockCount == 0 == (header.Frames == 0);
    }
}
