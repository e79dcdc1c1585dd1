namespace Actors.Benchmarks.Growth;

/// <summary>What the benchmark of tables was asked for.</summary>
/// <param name="Postgres">The server.</param>
/// <param name="Events">How many events are appended.</param>
/// <param name="Stores">By how many stores of a process, each as a silo has one.</param>
internal sealed record GrowthOptions(string Postgres, int Events, IReadOnlyList<int> Stores);
