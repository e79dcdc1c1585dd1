using Actors.Wal.Format;
using Actors.Wal.Storage;

namespace Actors.Wal.Reading;

/// <summary>Reads a segment's batches one after the other and validates each as a whole. Memory is bounded by the largest batch.</summary>
internal sealed class BatchScanner(IReadableFile file, uint segment, ulong storeSeed, long endBytes)
{
    private const int WindowBytes = 1024 * 1024;

    private byte[] _window = [];
    private long _windowStart;
    private int _windowBytes;

    /// <summary>The buffer that it reads into; the next scanner can reuse it.</summary>
    public byte[] Window
    {
        get => _window;
        init => _window = value;
    }

    /// <summary>Where the next batch would start.</summary>
    public long OffsetBytes { get; set; } = Layout.FirstBatchOffsetBytes;

    /// <summary>The end of the last batch that was read, before alignment; the first batch's place when there was none.</summary>
    public long EndOfLastBytes { get; private set; } = Layout.FirstBatchOffsetBytes;

    /// <summary>Whether the next batch would start after the last byte.</summary>
    public bool EndOfSegment => OffsetBytes >= endBytes;

    /// <summary>Reads the batch at <see cref="OffsetBytes"/> and moves past it; null when there is no valid batch.</summary>
    public ScannedBatch? Next()
    {
        if (OffsetBytes + BatchHeader.SizeBytes > endBytes)
            return null;
        var location = new FrameLocation(segment, OffsetBytes);
        if (BatchHeader.Read(View(OffsetBytes, BatchHeader.SizeBytes).Span, storeSeed, location, out ulong checksum) is not { } header
            || OffsetBytes + BatchHeader.SizeBytes + header.BodyBytes > endBytes)
            return null;

        long bodyStart = OffsetBytes + BatchHeader.SizeBytes;
        ReadOnlyMemory<byte> body = View(bodyStart, header.BodyBytes);
        if (body.Length < header.BodyBytes
            || Checksum.Of(body.Span, storeSeed, new FrameLocation(segment, bodyStart)) != header.BodyChecksum)
            return null;

        EndOfLastBytes = bodyStart + header.BodyBytes;
        OffsetBytes = Layout.AlignSector(EndOfLastBytes);
        return new ScannedBatch(header, checksum, location, body);
    }

    /// <summary>Returns bytes of the file, valid until the next call; fewer than requested at its end.</summary>
    public ReadOnlyMemory<byte> View(long offset, int count)
    {
        if (offset < _windowStart || offset + count > _windowStart + _windowBytes)
            Load(offset, count);
        int start = (int)(offset - _windowStart);
        return _window.AsMemory(start, Math.Min(count, _windowBytes - start));
    }

    private void Load(long offset, int count)
    {
        int size = (int)Math.Min(Math.Max(count, WindowBytes), Math.Max(endBytes - offset, 0));
        if (_window.Length < size)
            _window = GC.AllocateUninitializedArray<byte>(size);
        _windowStart = offset;
        _windowBytes = file.Read(_window.AsSpan(0, size), offset);
    }
}

/// <summary>A batch that is valid by itself. Its reader must check that it follows from the batch before it.</summary>
internal readonly record struct ScannedBatch(BatchHeader Header, ulong Checksum, FrameLocation Location, ReadOnlyMemory<byte> Body)
{
    public FrameCursor Frames => new(Body, Location, Header);

    /// <summary>Whether this batch is the next one after the end of a log.</summary>
    public bool Follows(in Predecessor end)
        => Header.PreviousChecksum == end.Checksum && Header.Number == end.LastBatch + 1 && Header.FirstLsn == end.LastLsn.Next;

    /// <summary>Returns the end of a log after this batch, from the end before it.</summary>
    public Predecessor EndAfter(in Predecessor end) => end with
    {
        LengthBytes = Location.OffsetBytes + BatchHeader.SizeBytes + Header.BodyBytes,
        LastLsn = Header.LastLsn,
        LastBatch = Header.Number,
        Checksum = Checksum,
    };
}
