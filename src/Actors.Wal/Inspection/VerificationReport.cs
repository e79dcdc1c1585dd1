namespace Actors.Wal.Inspection;

/// <summary>What verifying a log found.</summary>
/// <param name="Problems">All places that are not right.</param>
/// <param name="Segments">Segment files.</param>
/// <param name="Batches">Batches that validate.</param>
/// <param name="Frames">Frames in them.</param>
/// <param name="Bytes">Bytes read.</param>
/// <param name="Streams">Streams; null where damage makes it impossible to tell.</param>
/// <param name="LastLsn">The last record.</param>
internal sealed record VerificationReport(IReadOnlyList<LogProblem> Problems, int Segments, long Batches, long Frames, long Bytes, long? Streams, Lsn LastLsn);
