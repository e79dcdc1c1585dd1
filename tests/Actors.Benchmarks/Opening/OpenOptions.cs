namespace Actors.Benchmarks.Opening;

/// <summary>What the opening benchmark was asked for.</summary>
/// <param name="Streams">Streams in the store.</param>
/// <param name="HistoryGib">Older segments, in GiB.</param>
/// <param name="Directory">Where; a temporary directory when null.</param>
internal sealed record OpenOptions(int Streams, int HistoryGib, DirectoryInfo? Directory);
