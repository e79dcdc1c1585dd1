using Actors.Wal.Format;

namespace Actors.Wal.Reading;

/// <summary>Makes the public record of a validated frame.</summary>
internal static class Records
{
    public static LogRecord Of(in FrameHeader header, ReadOnlyMemory<byte> frame, LogStreamId stream)
        => new(
            header.Kind,
            header.Sequence,
            header.Lsn,
            UnixMicros.ToTime(header.TimeMicros),
            header.Epoch,
            header.Codec,
            frame[header.PayloadOffset..header.LengthBytes],
            stream);

    public static ReadOnlyMemory<byte> IdOf(in FrameHeader header, ReadOnlyMemory<byte> frame) => frame.Slice(header.IdOffset, header.IdBytes);

    /// <summary>Returns the stream of a frame; null when its id is not a valid name.</summary>
    public static LogStreamId? StreamOf(in FrameHeader header, ReadOnlyMemory<byte> frame) => LogStreamId.FromBytes(IdOf(header, frame).Span);
}
