using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using Actors.Wal.Format;
using Actors.Wal.Storage;

namespace Actors.Wal.Cold;

/// <summary>Writes a cold segment: the frames, which must come in the order of their locations, the table, and the header last.</summary>
internal sealed class ColdSegmentWriter(IStorageFile file, uint last, ulong storeSeed, ColdCompression compression)
{
    // Flushed in pieces, so that a commit's own flush never waits behind a whole segment.
    private const int SyncEveryBytes = 4 * 1024 * 1024;
    private const int BrotliQuality = 4;
    private const int BrotliWindow = 18;

    private readonly List<ulong> _locations = [];
    private readonly ArrayBufferWriter<byte> _frames = new();
    private readonly ArrayBufferWriter<byte> _table = new();
    private byte[] _block = [];
    private byte[] _raw = [];
    private long _offset = Layout.SectorBytes;
    private long _synced;

    public long Frames { get; private set; }

    public long FrameBytes { get; private set; }

    public long Blocks { get; private set; }

    /// <summary>Bytes written so far.</summary>
    public long FileBytes => _offset;

    /// <summary>Adds a frame unchanged, header to payload.</summary>
    public void Add(FrameLocation location, ReadOnlySpan<byte> frame)
    {
        int padded = Layout.AlignFrame(frame.Length);
        if (_locations.Count > 0 && _frames.WrittenCount + (8 * _locations.Count) + padded + 8 > ColdBlockHeader.FullBytes)
            WriteBlock();
        _locations.Add(location.Value);
        _frames.Write(frame);
        _frames.Write(stackalloc byte[padded - frame.Length]);
        Frames++;
        FrameBytes += padded;
    }

    /// <summary>Writes the table and the header, and makes all of it durable.</summary>
    public ColdSegmentHeader Finish(ColdSegmentHeader header, Guid storeId)
    {
        WriteBlock();
        ReadOnlySpan<byte> table = _table.WrittenSpan;
        file.Write(table, _offset);
        header = header with
        {
            Frames = Frames,
            FrameBytes = FrameBytes,
            Blocks = Blocks,
            TableOffsetBytes = _offset,
            TableChecksum = Checksum.Of(table, storeSeed, new FrameLocation(last, _offset)),
        };
        Span<byte> sector = stackalloc byte[Layout.SectorBytes];
        header.Write(sector, storeId, storeSeed);
        file.Write(sector, 0);
        file.SyncData();
        return header;
    }

    private void WriteBlock()
    {
        if (_locations.Count == 0)
            return;
        int rawBytes = (8 * _locations.Count) + _frames.WrittenCount;
        Ensure(ref _raw, rawBytes);
        for (int i = 0; i < _locations.Count; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(_raw.AsSpan(8 * i), _locations[i]);
        _frames.WrittenSpan.CopyTo(_raw.AsSpan(8 * _locations.Count));
        Span<byte> entry = stackalloc byte[ColdSegmentHeader.TableEntryBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(entry, _locations[0]);
        BinaryPrimitives.WriteInt64LittleEndian(entry[8..], _offset);
        _table.Write(entry);

        int stored = Store(_raw.AsSpan(0, rawBytes), out ColdCompression used);
        var header = new ColdBlockHeader(stored, rawBytes, _locations.Count, used, new FrameLocation(_locations[0]));
        header.Write(_block, storeSeed, new FrameLocation(last, _offset));
        int padded = Layout.AlignFrame(ColdBlockHeader.SizeBytes + stored);
        _block.AsSpan(ColdBlockHeader.SizeBytes + stored, padded - ColdBlockHeader.SizeBytes - stored).Clear();
        file.Write(_block.AsSpan(0, padded), _offset);
        _offset += padded;
        Blocks++;
        _locations.Clear();
        _frames.ResetWrittenCount();
        if (_offset - _synced >= SyncEveryBytes)
        {
            file.SyncData();
            _synced = _offset;
        }
    }

    /// <summary>Copies the bytes behind the space of the block's header, compressed if that makes them shorter.</summary>
    private int Store(ReadOnlySpan<byte> raw, out ColdCompression used)
    {
        Ensure(ref _block, ColdBlockHeader.SizeBytes + raw.Length + Layout.FrameAlignmentBytes);
        Span<byte> target = _block.AsSpan(ColdBlockHeader.SizeBytes);
        if (compression == ColdCompression.Brotli
            && BrotliEncoder.TryCompress(raw, target[..raw.Length], out int written, BrotliQuality, BrotliWindow)
            && written < raw.Length)
        {
            used = ColdCompression.Brotli;
            return written;
        }

        raw.CopyTo(target);
        used = ColdCompression.None;
        return raw.Length;
    }

    private static void Ensure(ref byte[] buffer, int bytes)
    {
        if (buffer.Length < bytes)
            buffer = GC.AllocateUninitializedArray<byte>(Math.Max(bytes, ColdBlockHeader.FullBytes * 2));
    }
}
