using Actors.Wal.Format;
using Actors.Wal.Reading;

namespace Actors.Wal.Streams;

/// <summary>
/// Finds and reads the frames of one stream as of a view of it, by the pointers between them. Every frame that is returned was
/// validated: its checksum, the stream's full id, and the event's sequence.
/// </summary>
internal sealed class StreamWalk(StreamState stream, StreamView view, FrameReader reader)
{
    private readonly StreamView _view = view;

    public LogStreamId Id => stream.Id;

    public ref readonly StreamView View => ref _view;

    public static bool IsEvent(LogRecordKind kind) => kind is LogRecordKind.Event or LogRecordKind.State;

    public static bool IsCheckpoint(LogRecordKind kind) => kind is LogRecordKind.Checkpoint or LogRecordKind.State;

    public FrameHeader HeaderAt(FrameLocation location) => reader.ReadHeader(location, stream.Hash);

    /// <summary>Reads a header; false when compaction has dropped the frame.</summary>
    public bool TryHeaderAt(FrameLocation location, out FrameHeader header) => reader.TryReadHeader(location, stream.Hash, out header);

    /// <summary>Finds an event from the head. The number of steps grows with the logarithm of the distance.</summary>
    public FrameLocation Seek(Sequence target)
    {
        if (_view.HeadLocation is not { } location)
            throw new InvalidOperationException($"Stream '{stream.Id}' has no event.");
        while (true)
        {
            FrameHeader header = HeaderAt(location);
            bool isEvent = IsEvent(header.Kind);
            if (isEvent && header.Sequence == target)
                return location;
            if (isEvent && header.Sequence < target)
                throw Damaged(location, $"Event {target} of stream '{stream.Id}' is missing.");
            bool jumps = isEvent && header.Jump is not null && Spine.JumpTarget(header.Sequence.Value) >= target.Value;
            location = (jumps ? header.Jump : header.Previous)
                ?? throw Damaged(location, $"Event {target} of stream '{stream.Id}' is missing.");
        }
    }

    /// <summary>Finds the event before a frame, and reads its header.</summary>
    public FrameLocation PreviousEvent(FrameLocation location, ref FrameHeader header)
    {
        do
        {
            location = header.Previous ?? throw Damaged(location, $"The event before this one of stream '{stream.Id}' is missing.");
            header = HeaderAt(location);
        }
        while (!IsEvent(header.Kind));
        return location;
    }

    public ReadOnlyMemory<byte> ReadFrame(FrameLocation location, out FrameHeader header)
        => OfStream(reader.Read(location, out header), location, header);

    public ReadOnlyMemory<byte> ReadEvent(FrameLocation location, Sequence expected)
        => OfEvent(ReadFrame(location, out FrameHeader header), location, header, expected);

    /// <summary>Reads an event whose header was read.</summary>
    public ReadOnlyMemory<byte> ReadEvent(FrameLocation location, in FrameHeader header, Sequence expected)
        => OfEvent(OfStream(reader.ReadWhole(location, header), location, header), location, header, expected);

    public LogCorruptException Damaged(FrameLocation location, string problem) => reader.Damaged(location, problem);

    private ReadOnlyMemory<byte> OfStream(ReadOnlyMemory<byte> frame, FrameLocation location, in FrameHeader header)
        => frame.Span.Slice(header.IdOffset, header.IdBytes).SequenceEqual(stream.IdBytes)
            ? frame
            : throw Damaged(location, $"A frame of another stream is where stream '{stream.Id}' points to.");

    private ReadOnlyMemory<byte> OfEvent(ReadOnlyMemory<byte> frame, FrameLocation location, in FrameHeader header, Sequence expected)
        => IsEvent(header.Kind) && header.Sequence == expected
            ? frame
            : throw Damaged(location, $"Stream '{stream.Id}' has {header.Kind} {header.Sequence} where event {expected} belongs.");
}
