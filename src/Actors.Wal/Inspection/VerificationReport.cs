namespace Actors.Wal.Inspection;

/// <summary>The result of verifying a log.</summary>
/// <param name="Problems">All places that are not as they should be.</param>
/// <param name="Segments">The number of segment files.</param>
/// <param name="Batches">The number of batches that validate.</param>
/// <param name="Frames">The number of frames that were read in batches and cold segments.</param>
/// <param name="Bytes">Bytes read.</param>
/// <param name="Streams">The number of streams; null when damage prevents counting them.</param>
/// <param name="LastLsn">The LSN of the last record.</param>
internal sealed record VerificationReport(IReadOnlyList<LogProblem> Problems, int Segments, long Batches, long Frames, long Bytes, long? Streams, Lsn LastLsn);
