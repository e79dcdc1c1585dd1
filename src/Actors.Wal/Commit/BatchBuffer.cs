using Actors.Wal.Format;
using Actors.Wal.Segments;

namespace Actors.Wal.Commit;

/// <summary>
/// A batch in memory. Its place in the log is known before its first frame is encoded, because every frame's checksum
/// and every pointer to it contain that place. The first sector is kept free for a segment header.
/// </summary>
internal sealed class BatchBuffer(int maxBytes)
{
    public const int PrefixBytes = Layout.SectorBytes;

    private const int BodyStart = PrefixBytes + BatchHeader.SizeBytes;
    private const int InitialBytes = 64 * 1024;

    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(Math.Min(InitialBytes, PrefixBytes + maxBytes));

    /// <summary>Where the batch will be written; null while no segment is ready for it.</summary>
    public FrameLocation? Location { get; private set; }

    /// <summary>The most bytes that the batch can take at its location, header included.</summary>
    public int CapacityBytes { get; private set; }

    public int LengthBytes { get; private set; } = BatchHeader.SizeBytes;

    public int BodyBytes => LengthBytes - BatchHeader.SizeBytes;

    public int FrameCount { get; private set; }

    public Lsn FirstLsn { get; private set; }

    public long TimeMicros { get; private set; }

    /// <summary>The segment that this batch starts; null if it is not the first batch of its segment.</summary>
    public PreparedSegment? StartsSegment { get; private set; }

    /// <summary>Sets the place of an empty batch.</summary>
    /// <exception cref="InvalidOperationException">The batch has frames, which contain their place.</exception>
    public void Place(FrameLocation location, int capacityBytes, Lsn firstLsn, PreparedSegment? startsSegment)
    {
        if (FrameCount > 0)
            throw new InvalidOperationException($"A batch with {FrameCount} frames for {Location} can't be moved to {location}.");
        Location = location;
        CapacityBytes = capacityBytes;
        FirstLsn = firstLsn;
        StartsSegment = startsSegment;
    }

    public void Stamp(long timeMicros) => TimeMicros = timeMicros;

    public bool HasRoomFor(long frameBytes) => Location is not null && LengthBytes + frameBytes <= CapacityBytes;

    /// <summary>Claims room for a frame and returns its place in memory and in the log. The bytes are not cleared.</summary>
    public Span<byte> Claim(int paddedBytes, out FrameLocation location)
    {
        EnsureSize(PrefixBytes + LengthBytes + paddedBytes);
        FrameLocation start = Location!.Value;
        location = new FrameLocation(start.Segment, start.OffsetBytes + LengthBytes);
        Span<byte> span = _bytes.AsSpan(PrefixBytes + LengthBytes, paddedBytes);
        LengthBytes += paddedBytes;
        FrameCount++;
        return span;
    }

    /// <summary>
    /// Writes the checksums of all frames. The commit step does this before it writes the batch: under the append queue's lock, it
    /// would keep callers from filling the next one.
    /// </summary>
    public void Seal(ulong storeSeed)
    {
        FrameLocation start = Location!.Value;
        for (int at = BatchHeader.SizeBytes; at < LengthBytes;)
        {
            Span<byte> frame = _bytes.AsSpan(PrefixBytes + at);
            int length = FrameHeader.PeekLength(frame);
            FrameHeader.Seal(frame[..length], storeSeed, new FrameLocation(start.Segment, start.OffsetBytes + at));
            at += Layout.AlignFrame(length);
        }
    }

    public Span<byte> Body => _bytes.AsSpan(BodyStart, BodyBytes);

    public Span<byte> Header => _bytes.AsSpan(PrefixBytes, BatchHeader.SizeBytes);

    public Span<byte> SegmentHeader => _bytes.AsSpan(0, PrefixBytes);

    public ReadOnlySpan<byte> WithSegmentHeader => _bytes.AsSpan(0, PrefixBytes + LengthBytes);

    public ReadOnlySpan<byte> WithoutSegmentHeader => _bytes.AsSpan(PrefixBytes, LengthBytes);

    public void Reset()
    {
        Location = null;
        StartsSegment = null;
        CapacityBytes = 0;
        LengthBytes = BatchHeader.SizeBytes;
        FrameCount = 0;
    }

    private void EnsureSize(int bytes)
    {
        if (bytes <= _bytes.Length)
            return;
        var larger = GC.AllocateUninitializedArray<byte>((int)Math.Max(bytes, Math.Min(Array.MaxLength, _bytes.Length * 2L)));
        _bytes.AsSpan(0, PrefixBytes + LengthBytes).CopyTo(larger);
        _bytes = larger;
    }
}
