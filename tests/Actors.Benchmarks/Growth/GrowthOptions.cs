namespace Actors.Benchmarks.Growth;

/// <summary>The options of the growth benchmark.</summary>
/// <param name="Postgres">The connection string of the server.</param>
/// <param name="Events">The number of events to append.</param>
/// <param name="Stores">The numbers of stores to measure with; each store stands for a silo.</param>
internal sealed record GrowthOptions(string Postgres, int Events, IReadOnlyList<int> Stores);
