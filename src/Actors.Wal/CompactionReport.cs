namespace Actors.Wal;

/// <summary>What one compaction by request did.</summary>
/// <param name="Segments">Segments that were replaced.</param>
/// <param name="BytesBefore">Their bytes.</param>
/// <param name="BytesAfter">The bytes of the cold segments in their place.</param>
/// <param name="IndexedLsn">The last record that the saved index has taken in; null without one.</param>
public sealed record CompactionReport(long Segments, long BytesBefore, long BytesAfter, Lsn? IndexedLsn);
