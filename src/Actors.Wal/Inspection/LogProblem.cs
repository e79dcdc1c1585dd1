namespace Actors.Wal.Inspection;

/// <summary>A place that is not right.</summary>
internal sealed record LogProblem(string File, long OffsetBytes, string What);
