// The metrics are those of the process, so a test may not see what another one does.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
