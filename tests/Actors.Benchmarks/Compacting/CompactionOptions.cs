namespace Actors.Benchmarks.Compacting;

/// <summary>What the compaction benchmark was asked for.</summary>
/// <param name="Streams">Streams, each of one state.</param>
/// <param name="StateBytes">Bytes of a state.</param>
/// <param name="Rate">Appends per second; 0 for as many as the callers can make.</param>
/// <param name="Turns">How often the log is written anew.</param>
/// <param name="Rounds">Runs with and without compaction, taking turns.</param>
/// <param name="Directory">Where; a temporary directory when null.</param>
internal sealed record CompactionOptions(int Streams, int StateBytes, int Rate, int Turns, int Rounds, DirectoryInfo? Directory);
