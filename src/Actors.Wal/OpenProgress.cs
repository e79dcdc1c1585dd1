namespace Actors.Wal;

/// <summary>How far an opening is, reported about once a second while it reads the log.</summary>
/// <param name="ReadBytes">Bytes of log read so far.</param>
/// <param name="TotalBytes">Bytes to read, those of files included that turn out to be made ready and empty.</param>
/// <param name="Elapsed">Time since reading began.</param>
public readonly record struct OpenProgress(long ReadBytes, long TotalBytes, TimeSpan Elapsed);
