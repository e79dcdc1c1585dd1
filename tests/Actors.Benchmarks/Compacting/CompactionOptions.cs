namespace Actors.Benchmarks.Compacting;

/// <summary>The options of the compaction benchmark.</summary>
/// <param name="Streams">Streams, each of one state.</param>
/// <param name="StateBytes">Bytes of a state.</param>
/// <param name="Rate">Appends per second; 0 for as many as the callers can make.</param>
/// <param name="Turns">How many times the log's size is written.</param>
/// <param name="Rounds">Runs with and without compaction, alternating.</param>
/// <param name="Directory">The parent of the run's directory; null for the temporary directory.</param>
internal sealed record CompactionOptions(int Streams, int StateBytes, int Rate, int Turns, int Rounds, DirectoryInfo? Directory);
