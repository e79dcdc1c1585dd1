namespace Actors.Wal;

/// <summary>A stream's head, first sequence and last checkpoint.</summary>
/// <param name="Id">The stream.</param>
/// <param name="Head">The last event's sequence.</param>
/// <param name="First">The first sequence that the stream keeps; head + 1 when it keeps no event.</param>
/// <param name="Checkpoint">The last checkpoint's sequence, or null without one.</param>
public readonly record struct StreamInfo(LogStreamId Id, Sequence Head, Sequence First, Sequence? Checkpoint);
