using Actors.Wal.Format;

namespace Actors.Wal.Index;

/// <summary>Takes in the frames of a log, one after the other.</summary>
internal interface IFrameSink
{
    /// <returns>Whether the frame follows from what came before it.</returns>
    bool Apply(in FrameHeader frame, FrameLocation location);
}
