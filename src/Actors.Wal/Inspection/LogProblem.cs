namespace Actors.Wal.Inspection;

/// <summary>A place in a file that is not as it should be.</summary>
internal sealed record LogProblem(string File, long OffsetBytes, string What);
