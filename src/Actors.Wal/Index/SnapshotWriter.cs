using System.Buffers.Binary;
using Actors.Wal.Format;
using Actors.Wal.Storage;

namespace Actors.Wal.Index;

/// <summary>Writes a snapshot's entries, which must come in their order, and its header last.</summary>
internal sealed class SnapshotWriter(IStorageFile file, uint segment, ulong storeSeed)
{
    private readonly byte[] _block = new byte[IndexSnapshotHeader.BlockBytes];
    private long _offset = Layout.SectorBytes;
    private int _count;

    public long Entries { get; private set; }

    public void Add(in IndexEntry entry)
    {
        Span<byte> place = _block.AsSpan(IndexSnapshotHeader.BlockHeaderBytes + (_count * IndexSnapshotHeader.EntryBytes));
        BinaryPrimitives.WriteUInt64LittleEndian(place, entry.Hash);
        BinaryPrimitives.WriteUInt64LittleEndian(place[8..], entry.Location);
        Entries++;
        if (++_count == IndexSnapshotHeader.EntriesPerBlock)
            WriteBlock();
    }

    /// <summary>Writes the remaining entries and the header. They are durable once the caller has flushed the file.</summary>
    public void Finish(in IndexSnapshotHeader header, Guid storeId)
    {
        if (_count > 0)
            WriteBlock();
        Span<byte> sector = stackalloc byte[Layout.SectorBytes];
        header.Write(sector, storeId, storeSeed);
        file.Write(sector, 0);
    }

    private void WriteBlock()
    {
        Span<byte> block = _block.AsSpan(0, IndexSnapshotHeader.BlockHeaderBytes + (_count * IndexSnapshotHeader.EntryBytes));
        BinaryPrimitives.WriteInt32LittleEndian(block[8..], _count);
        BinaryPrimitives.WriteInt32LittleEndian(block[12..], 0);
        BinaryPrimitives.WriteUInt64LittleEndian(block, Checksum.Of(block[8..], storeSeed, new FrameLocation(segment, _offset)));
        file.Write(block, _offset);
        _offset += block.Length;
        _count = 0;
    }
}
