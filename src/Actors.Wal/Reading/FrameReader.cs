using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Segments;

namespace Actors.Wal.Reading;

/// <summary>
/// Reads single frames by their locations through a window. The window grows while each load serves several frames, and shrinks
/// otherwise: a stream alone in its segment is read in large pieces, a stream among many in small ones.
/// </summary>
internal sealed class FrameReader(SegmentSet segments, ulong storeSeed)
{
    private const int SmallWindowBytes = 4096;
    private const int LargeWindowBytes = 256 * 1024;
    private const int FewHits = 2;
    private const int ManyHits = 8;

    private byte[] _window = [];
    private int _windowSize = SmallWindowBytes;
    private uint _segment;
    private long _start;
    private int _count;
    private int _hits;
    private ColdBlock? _block;

    /// <summary>Makes the error for a frame that compaction has dropped since its location was read; null for damage.</summary>
    public Func<LogStoreException?> Dropped { get; set; } = static () => null;

    /// <summary>The bytes of memory that it holds for its window.</summary>
    public int WindowBytes => _window.Length;

    /// <summary>Reads and validates the header of a stream's frame.</summary>
    public FrameHeader ReadHeader(FrameLocation location, ulong streamHash)
        => TryReadHeader(location, streamHash, out FrameHeader header) ? header : throw Missing(location);

    /// <summary>Reads and validates the header of a stream's frame; false when compaction has dropped the frame.</summary>
    public bool TryReadHeader(FrameLocation location, ulong streamHash, out FrameHeader header)
    {
        if (!TryPeek(location, out header, out bool isValid) || (!isValid && TryRead(location, out header) is null))
            return false;
        return header.StreamHash == streamHash ? true : throw Damaged(location, "A frame of another stream is where the log points to.");
    }

    /// <summary>Whether the frame still exists; false when compaction has dropped it.</summary>
    public bool Exists(FrameLocation location) => TryPeek(location, out _, out _);

    /// <summary>Reads and validates a whole frame. The bytes are valid until the next call.</summary>
    public ReadOnlyMemory<byte> Read(FrameLocation location, out FrameHeader header)
        => TryRead(location, out header) ?? throw Missing(location);

    /// <summary>Reads and validates a whole frame whose header was read. The bytes are valid until the next call.</summary>
    public ReadOnlyMemory<byte> ReadWhole(FrameLocation location, in FrameHeader header)
    {
        ReadOnlyMemory<byte> frame = View(location, header.LengthBytes) ?? throw Missing(location);
        return frame.Length == header.LengthBytes && FrameHeader.IsWhole(frame.Span, storeSeed, location) ? frame : throw Damaged(location, "A frame's checksum is wrong.");
    }

    /// <summary>Reads and validates a whole frame; null when compaction has dropped it. The bytes are valid until the next call.</summary>
    public ReadOnlyMemory<byte>? TryRead(FrameLocation location, out FrameHeader header)
    {
        if (!TryPeek(location, out header, out _) || View(location, header.LengthBytes) is not { } frame)
            return null;
        if (frame.Length < header.LengthBytes || !FrameHeader.IsWhole(frame.Span, storeSeed, location))
            throw Damaged(location, "A frame's checksum is wrong.");
        // The window may have been reloaded: decode the header from the bytes that were validated.
        FrameHeader.TryRead(frame.Span, out header);
        return frame;
    }

    /// <summary>Reads a frame's header. In format 1 it is not validated yet, because the only checksum covers the whole frame.</summary>
    private bool TryPeek(FrameLocation location, out FrameHeader header, out bool isValid)
    {
        header = default;
        isValid = false;
        if (View(location, FrameHeader.SizeBytes) is not { } bytes)
            return false;
        if (!FrameHeader.TryRead(bytes.Span, out header))
            throw Damaged(location, "No frame is where the log points to.");
        if (FrameHeader.HasHeaderChecksum(bytes.Span))
            isValid = FrameHeader.IsHeaderSealed(bytes.Span, storeSeed, location) ? true : throw Damaged(location, "A frame header's checksum is wrong.");
        return header.LeadsBack(location) ? true : throw Damaged(location, "A frame points to one that comes later.");
    }

    public LogCorruptException Damaged(FrameLocation location, string what)
        => new(what, segments.Find(location.Segment)?.Path ?? SegmentFiles.SegmentPath(location.Segment), location.OffsetBytes);

    private LogStoreException Missing(FrameLocation location)
        => Dropped() ?? Damaged(location, "No frame is where the log points to.");

    /// <summary>Returns bytes at a location, fewer than requested at the segment's end; null when a cold segment has no such frame.</summary>
    private ReadOnlyMemory<byte>? View(FrameLocation location, int count)
    {
        long offset = location.OffsetBytes;
        if (location.Segment == _segment && offset >= _start && offset + count <= _start + _count)
        {
            _hits++;
            return _window.AsMemory((int)(offset - _start), count);
        }

        Segment? segment = segments.Find(location.Segment);
        while (true)
        {
            try
            {
                if (segment is ColdSegment cold)
                    return ViewCold(cold, location, count);
                Load(segment ?? throw Damaged(location, "A segment that the log points to is missing."), location, count);
                int start = (int)(offset - _start);
                return _window.AsMemory(start, Math.Max(0, Math.Min(count, _count - start)));
            }
            catch (ObjectDisposedException) when (segments.Find(location.Segment) is { } replaced && replaced != segment)
            {
                segment = replaced;
            }
        }
    }

    private ReadOnlyMemory<byte>? ViewCold(ColdSegment segment, FrameLocation location, int count)
    {
        int index = segment.BlockOf(location);
        if (index < 0)
            return null;
        ColdBlock block = _block ??= new ColdBlock(storeSeed);
        if (block.Segment != segment || block.Index != index)
            block.Load(segment, index);
        int frame = block.Find(location);
        if (frame < 0)
            return null;
        ReadOnlyMemory<byte> bytes = block.FrameAt(frame);
        return bytes[..Math.Min(count, bytes.Length)];
    }

    private void Load(Segment segment, FrameLocation location, int count)
    {
        long offset = location.OffsetBytes;
        long limit = segment.LengthBytes;
        if (offset >= limit || count < 0)
            throw Damaged(location, "The log points behind its end.");

        bool near = location.Segment == _segment && Math.Abs(offset - _start) <= LargeWindowBytes;
        if (_hits >= ManyHits && near)
            _windowSize = Math.Min(_windowSize * 2, LargeWindowBytes);
        else if (_hits <= FewHits)
            _windowSize = SmallWindowBytes;
        _hits = 0;
        bool backward = near && offset < _start;
        long end = backward ? Math.Max(offset + count, Math.Min(_start + FrameHeader.SizeBytes, offset + _windowSize)) : offset + Math.Max(count, _windowSize);
        end = Math.Min(end, limit);
        long start = backward ? Math.Max(0, Math.Min(offset, end - _windowSize)) : offset;

        // A length that was not validated yet must not make the reader allocate more than the segment holds.
        int size = (int)(end - start);
        if (_window.Length < size)
            _window = GC.AllocateUninitializedArray<byte>(_window.Length == 0 ? size : Math.Max(size, Math.Min(_windowSize * 2, LargeWindowBytes)));
        _count = 0;
        _count = segment.File.Read(_window.AsSpan(0, size), start);
        _segment = location.Segment;
        _start = start;
    }
}
