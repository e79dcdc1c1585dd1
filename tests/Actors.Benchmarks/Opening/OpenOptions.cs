namespace Actors.Benchmarks.Opening;

/// <summary>The options of the opening benchmark.</summary>
/// <param name="Streams">Streams in the store.</param>
/// <param name="HistoryGib">The size of the older segments in GiB.</param>
/// <param name="Directory">The parent of the run's directory; null for the temporary directory.</param>
internal sealed record OpenOptions(int Streams, int HistoryGib, DirectoryInfo? Directory);
