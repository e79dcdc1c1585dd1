using Actors.Wal.Format;

namespace Actors.Wal.Index;

/// <summary>Takes in the frames of a log, one after the other.</summary>
internal interface IFrameSink
{
    /// <param name="frame">The frame's fields.</param>
    /// <param name="location">Where it is.</param>
    /// <param name="bytes">The whole frame, header to payload.</param>
    /// <returns>Whether the frame follows from what came before it.</returns>
    bool Apply(in FrameHeader frame, FrameLocation location, ReadOnlyMemory<byte> bytes);
}
