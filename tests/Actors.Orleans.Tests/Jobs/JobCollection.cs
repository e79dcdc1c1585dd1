namespace Actors.Orleans.Tests.Jobs;

/// <summary>
/// Runs beside no other test. On a busy machine Orleans may open a shard that it has just created a second time, and then works
/// through the copy that has no jobs until the silo is started again.
/// </summary>
[CollectionDefinition(nameof(JobCollection), DisableParallelization = true)]
public sealed class JobCollection;
