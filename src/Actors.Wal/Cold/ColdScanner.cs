using Actors.Wal.Format;


namespace Actors.Wal.Cold;

/// <summary>Reads all frames of a cold segment and validates each.</summary>
internal sealed class ColdScanner(ColdSegment segment, ulong storeSeed)
{
    private readonly ColdBlock _block = new(storeSeed);
    private int _next;
    private long _seen;

    public FrameHeader Current { get; private set; }

    public FrameLocation Location { get; private set; }

    /// <summary>The current frame's bytes, header to payload; valid until the next one.</summary>
    public ReadOnlyMemory<byte> Bytes { get; private set; }

    /// <summary>The index of the block that has the current frame.</summary>
    public int Block { get; private set; }

    /// <summary>Moves to the next frame. Returns false at the end.</summary>
    /// <exception cref="LogCorruptException">A block or a frame does not validate.</exception>
    public bool MoveNext()
    {
        while (_block.Segment is null || _next == _block.Count)
        {
            int block = _block.Segment is null ? 0 : Block + 1;
            if (block >= segment.BlockCount)
                return IsComplete() ? false : throw segment.Damaged($"The cold segment has {_seen} frames; its header says {segment.Header.Frames}.", 0);
            _block.Load(segment, block);
            Block = block;
            _next = 0;
        }

        Bytes = _block.FrameAt(_next);
        Location = _block.LocationAt(_next);
        if (!FrameHeader.TryRead(Bytes.Span, out FrameHeader frame) || !FrameHeader.IsSealed(Bytes.Span, storeSeed, Location))
            throw segment.Damaged($"The frame of {Location} does not validate.", segment.OffsetOf(Block));
        Current = frame;
        _next++;
        _seen++;
        return true;
    }

    private bool IsComplete() => _seen == segment.Header.Frames;
}
