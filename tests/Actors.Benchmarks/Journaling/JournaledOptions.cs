namespace Actors.Benchmarks.Journaling;

/// <summary>What the benchmark of journaled grains was asked for.</summary>
/// <param name="Lengths">Events in a log before it is measured.</param>
/// <param name="Rounds">Measurements of each provider and length, taking turns.</param>
/// <param name="Directory">Where; a temporary directory when null.</param>
internal sealed record JournaledOptions(IReadOnlyList<int> Lengths, int Rounds, DirectoryInfo? Directory);
