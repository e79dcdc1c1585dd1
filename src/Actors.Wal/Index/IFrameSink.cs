using Actors.Wal.Format;

namespace Actors.Wal.Index;

/// <summary>Receives the frames of a log one by one.</summary>
internal interface IFrameSink
{
    /// <param name="frame">The frame's fields.</param>
    /// <param name="location">The frame's location.</param>
    /// <param name="bytes">The whole frame, header to payload.</param>
    /// <returns>Whether the frame follows from the frames before it.</returns>
    bool Apply(in FrameHeader frame, FrameLocation location, ReadOnlyMemory<byte> bytes);
}
