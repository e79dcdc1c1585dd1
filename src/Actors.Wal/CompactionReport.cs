namespace Actors.Wal;

/// <summary>The result of one compaction that was requested.</summary>
/// <param name="Segments">Segments that were replaced.</param>
/// <param name="BytesBefore">Their bytes.</param>
/// <param name="BytesAfter">The bytes of the cold segments in their place.</param>
/// <param name="IndexedLsn">The last record that the saved index includes; null without a saved index.</param>
public sealed record CompactionReport(long Segments, long BytesBefore, long BytesAfter, Lsn? IndexedLsn);
