namespace Actors.Wal;

/// <summary>A stream as a listing shows it.</summary>
/// <param name="Id">The stream.</param>
/// <param name="Head">The last event's sequence.</param>
/// <param name="First">The first sequence that is still kept; head + 1 when nothing is.</param>
/// <param name="Checkpoint">The last checkpoint's sequence, or null without one.</param>
public readonly record struct StreamInfo(StreamId Id, Sequence Head, Sequence First, Sequence? Checkpoint);
