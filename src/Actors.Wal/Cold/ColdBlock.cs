using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using Actors.Wal.Format;

namespace Actors.Wal.Cold;

/// <summary>One block of a cold segment in memory, validated and decompressed. The object is reused for the next block.</summary>
internal sealed class ColdBlock(ulong storeSeed)
{
    private readonly List<int> _starts = [];
    private byte[] _stored = [];
    private byte[] _raw = [];
    private ReadOnlyMemory<byte> _bytes;

    /// <summary>The segment that the block was loaded from; null before the first load.</summary>
    public ColdSegment? Segment { get; private set; }

    public int Index { get; private set; }

    public int Count => _starts.Count;

    /// <summary>Reads a block.</summary>
    /// <exception cref="LogCorruptException">The block does not validate.</exception>
    public void Load(ColdSegment segment, int index)
    {
        Segment = null;
        int length = segment.ReadStored(index, ref _stored);
        long offset = segment.OffsetOf(index);
        if (!TryLoad(_stored.AsMemory(0, length), new FrameLocation(segment.Last, offset)) || LocationAt(0) != segment.FirstOf(index))
            throw segment.Damaged($"Block {index} of the cold segment does not validate.", offset);
        Segment = segment;
        Index = index;
    }

    /// <summary>Validates and decompresses a block. Returns false when the block is not valid at this place.</summary>
    public bool TryLoad(ReadOnlyMemory<byte> block, FrameLocation place)
    {
        _starts.Clear();
        return ColdBlockHeader.Read(block.Span, storeSeed, place) is { } header
            && Decompress(header, block.Slice(ColdBlockHeader.SizeBytes, header.StoredBytes)) is { } raw
            && Split(place.Segment, header, raw);
    }

    public FrameLocation LocationAt(int frame) => new(BinaryPrimitives.ReadUInt64LittleEndian(_bytes.Span[(frame * sizeof(ulong))..]));

    /// <summary>Returns a frame, header to payload. Its checksum is not validated.</summary>
    public ReadOnlyMemory<byte> FrameAt(int frame)
    {
        ReadOnlyMemory<byte> rest = _bytes[_starts[frame]..];
        return rest[..FrameHeader.PeekLength(rest.Span)];
    }

    /// <summary>Returns the index of the frame with a location; -1 when the block does not have it.</summary>
    public int Find(FrameLocation location)
    {
        int low = 0;
        int high = Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            int order = LocationAt(middle).CompareTo(location);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return -1;
    }

    private ReadOnlyMemory<byte>? Decompress(in ColdBlockHeader header, ReadOnlyMemory<byte> stored)
    {
        if (header.Compression == ColdCompression.None)
            return stored.Length == header.RawBytes ? stored : null;

        // The buffer grows with the decompressed bytes, so a header that claims two gibibytes does not allocate them.
        using var decoder = new BrotliDecoder();
        ReadOnlySpan<byte> rest = stored.Span;
        int count = 0;
        OperationStatus status;
        do
        {
            if (_raw.Length < header.RawBytes && _raw.Length - count < ColdBlockHeader.FullBytes)
                Array.Resize(ref _raw, (int)Math.Min(header.RawBytes, Math.Max(ColdBlockHeader.FullBytes, _raw.Length * 2L)));
            status = decoder.Decompress(rest, _raw.AsSpan(count, Math.Min(_raw.Length, header.RawBytes) - count), out int consumed, out int written);
            rest = rest[consumed..];
            count += written;
        }
        while (status == OperationStatus.DestinationTooSmall && count < header.RawBytes);

        return status == OperationStatus.Done && count == header.RawBytes ? _raw.AsMemory(0, count) : null;
    }

    /// <summary>Finds the frames. They must fill the block, and their locations must ascend within the segment.</summary>
    private bool Split(uint lastSegment, in ColdBlockHeader header, ReadOnlyMemory<byte> raw)
    {
        _bytes = raw;
        long at = header.FrameCount * (long)sizeof(ulong);
        FrameLocation last = default;
        for (int i = 0; i < header.FrameCount; i++)
        {
            FrameLocation location = LocationAt(i);
            if (location.CompareTo(last) <= 0
                || location.Segment > lastSegment
                || (i == 0 && location != header.First)
                || at > raw.Length
                || !FrameHeader.TryRead(raw.Span[(int)at..], out FrameHeader frame)
                || frame.PaddedBytes > raw.Length - at)
                return false;
            _starts.Add((int)at);
            at += frame.PaddedBytes;
            last = location;
        }

        return at == raw.Length;
    }
}
