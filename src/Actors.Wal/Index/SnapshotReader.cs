using System.Buffers.Binary;
using Actors.Wal.Format;
using Actors.Wal.Storage;

namespace Actors.Wal.Index;

/// <summary>Reads and validates a snapshot's entries in their order. The first invalid byte ends the reading.</summary>
internal sealed class SnapshotReader
{
    private readonly IStorageFile _file;
    private readonly ulong _storeSeed;
    private readonly byte[] _block;
    private long _offset = Layout.SectorBytes;
    private long _left;
    private int _next;
    private int _count;
    private IndexEntry _last;

    private SnapshotReader(IStorageFile file, IndexSnapshotHeader header, ulong storeSeed)
    {
        _file = file;
        Header = header;
        _storeSeed = storeSeed;
        _left = header.Entries;
        _block = GC.AllocateUninitializedArray<byte>(BytesOf(EntriesOfNext));
    }

    public IndexSnapshotHeader Header { get; }

    /// <summary>Whether all entries were read and valid.</summary>
    public bool IsComplete => _left == 0 && _next == _count;

    /// <summary>Returns a reader for a file; null when its header is not valid or states another length.</summary>
    public static SnapshotReader? Of(IStorageFile file, uint segment, Manifest manifest)
    {
        Span<byte> sector = stackalloc byte[Layout.SectorBytes];
        int count = file.Read(sector, 0);
        return IndexSnapshotHeader.Read(sector[..count], segment, manifest.StoreId, manifest.StoreSeed) is { } header
            && header.HashSeed == manifest.HashSeed
            && header.FileBytes == file.LengthBytes
            ? new SnapshotReader(file, header, manifest.StoreSeed)
            : null;
    }

    /// <summary>Reads the next entry. Returns false at the end, or where the bytes are not valid: see <see cref="IsComplete"/>.</summary>
    public bool TryNext(out IndexEntry entry)
    {
        entry = default;
        if (_next == _count && !ReadBlock())
            return false;
        ReadOnlySpan<byte> place = _block.AsSpan(IndexSnapshotHeader.BlockHeaderBytes + (_next * IndexSnapshotHeader.EntryBytes));
        entry = new IndexEntry(BinaryPrimitives.ReadUInt64LittleEndian(place), BinaryPrimitives.ReadUInt64LittleEndian(place[8..]));
        uint segment = new FrameLocation(entry.Location).Segment;
        if (segment == 0 || segment > Header.End.Segment || (_last.Location != 0 && IndexOrder.Compare(_last, entry) >= 0))
        {
            _left = -1;
            return false;
        }

        _last = entry;
        _next++;
        return true;
    }

    private int EntriesOfNext => (int)Math.Clamp(_left, 0, IndexSnapshotHeader.EntriesPerBlock);

    private static int BytesOf(int entries) => IndexSnapshotHeader.BlockHeaderBytes + (entries * IndexSnapshotHeader.EntryBytes);

    private bool ReadBlock()
    {
        if (_left <= 0)
            return false;
        int count = EntriesOfNext;
        Span<byte> block = _block.AsSpan(0, BytesOf(count));
        bool valid = _file.Read(block, _offset) == block.Length
            && BinaryPrimitives.ReadUInt64LittleEndian(block) == Checksum.Of(block[8..], _storeSeed, new FrameLocation(Header.End.Segment, _offset))
            && BinaryPrimitives.ReadInt32LittleEndian(block[8..]) == count
            && BinaryPrimitives.ReadInt32LittleEndian(block[12..]) == 0;
        if (!valid)
        {
            _left = -1;
            return false;
        }

        _offset += block.Length;
        _left -= count;
        _next = 0;
        _count = count;
        return true;
    }
}
