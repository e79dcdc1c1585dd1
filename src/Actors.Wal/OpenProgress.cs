namespace Actors.Wal;

/// <summary>The progress of an opening, reported about once a second while it reads the log.</summary>
/// <param name="ReadBytes">Bytes of log read so far.</param>
/// <param name="TotalBytes">Bytes to read, including prepared segment files that turn out to be empty.</param>
/// <param name="Elapsed">Time since reading began.</param>
public readonly record struct OpenProgress(long ReadBytes, long TotalBytes, TimeSpan Elapsed);
