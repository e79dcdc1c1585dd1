namespace Actors.Wal;

/// <summary>One stream's part of an atomic append.</summary>
/// <param name="Stream">The stream, opened from the store that appends.</param>
/// <param name="Events">Its events, in order; at least one.</param>
/// <param name="ExpectedSequence">The head that the stream must have, or null for any.</param>
public sealed record StreamAppend(ILogStream Stream, IReadOnlyList<EventData> Events, Sequence? ExpectedSequence = null);
