using Actors.Wal.Format;


namespace Actors.Wal.Reading;

/// <summary>Iterates over the frames of a batch whose body checksum is valid.</summary>
internal struct FrameCursor(ReadOnlyMemory<byte> body, FrameLocation batch, BatchHeader header)
{
    private int _offset;
    private int _count;

    public FrameHeader Current { get; private set; }

    /// <summary>The current frame's bytes, header to payload.</summary>
    public ReadOnlyMemory<byte> Bytes { get; private set; }

    public FrameLocation Location { get; private set; }

    /// <summary>Whether all frames were read and filled the body exactly.</summary>
    public readonly bool IsComplete => _offset == body.Length && _count == header.FrameCount;

    /// <summary>Moves to the next frame; false at the end, or if the bytes are not a frame: see <see cref="IsComplete"/>.</summary>
    public bool MoveNext()
    {
        if (_count == header.FrameCount
            || !FrameHeader.TryRead(body.Span[_offset..], out FrameHeader frame)
            || frame.PaddedBytes > body.Length - _offset
            || frame.Lsn.Value != header.FirstLsn.Value + _count)
            return false;
        Current = frame;
        Bytes = body.Slice(_offset, frame.LengthBytes);
        Location = new FrameLocation(batch.Segment, batch.OffsetBytes + BatchHeader.SizeBytes + _offset);
        _offset += frame.PaddedBytes;
        _count++;
        return true;
    }
}
