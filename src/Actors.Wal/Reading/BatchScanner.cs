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

    /// <summary>The memory that it reads into; the next scanner can have it.</summary>
    public byte[] Window
    {
        get => _window;
        init => _window = value;
    }

    /// <summary>Where the next batch would start.</summary>
    public long OffsetBytes { get; set; } = Layout.FirstBatchOffsetBytes;

    /// <summary>The end of the last batch that was read, before alignment; the first batch's place when there was none.</summary>
    public long EndOfLastBytes { get; private set; } = Layout.FirstBatchOffsetBytes;

    /// <summary>Whether the next batch would start behind the last byte.</summary>
    public bool EndOfSegment => OffsetBytes >= endBytes;

    /// <summary>Reads the batch at <see cref="OffsetBytes"/> and moves on behind it; null when none validates there.</summary>
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

    /// <summary>Bytes of the file, valid until the next call; fewer than asked for at its end.</summary>
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

/// <summary>A batch that validated by itself; whether it follows from the one before is the reader's question.</summary>
internal readonly record struct ScannedBatch(BatchHeader Header, ulong Checksum, FrameLocation Location, ReadOnlyMemory<byte> Body)
{
    public FrameCursor Frames => new(Body, Location, Header);

    /// <summary>Whether it is the one behind the end of a log.</summary>
    public bool Follows(in Predecessor end)
        => Header.PreviousChecksum == end.Checksum && Header.Number == end.LastBatch + 1 && Header.FirstLsn == end.LastLsn.Next;

    /// <summary>The end of a log with this batch, from that before it.</summary>
    public Predecessor EndAfter(in Predecessor end) => end with
    {
        LengthBytes = Location.OffsetBytes + BatchHeader.SizeBytes + Header.BodyBytes,
        LastLsn = Header.LastLsn,
        LastBatch = Header.Number,
        Checksum = Checksum,
    };
}
