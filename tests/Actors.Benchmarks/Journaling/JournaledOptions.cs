namespace Actors.Benchmarks.Journaling;

/// <summary>The options of the benchmark of journaled grains.</summary>
/// <param name="Lengths">Events in a log before it is measured.</param>
/// <param name="Rounds">Measurements of each provider and length, alternating.</param>
/// <param name="Directory">The parent of the run's directory; null for the temporary directory.</param>
internal sealed record JournaledOptions(IReadOnlyList<int> Lengths, int Rounds, DirectoryInfo? Directory);
