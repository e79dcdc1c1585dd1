namespace Actors.Wal;

/// <summary>The result of an append: the place of its events in the stream and in the store.</summary>
/// <param name="First">The first event's sequence.</param>
/// <param name="Last">The last event's sequence; the stream's head after this append.</param>
/// <param name="LastLsn">The last frame's number within the store.</param>
public readonly record struct AppendResult(Sequence First, Sequence Last, Lsn LastLsn);
