namespace Actors.Orleans.Hosting;

/// <summary>A local store serves one silo: in a cluster of several, a grain that moved would start from nothing.</summary>
internal sealed class SingleSiloCheck(string name, WriteAheadLogOptions options, ILocalSiloDetails silo, IClusterMembershipService membership)
    : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle lifecycle)
    {
        // Once this silo has joined, so that of two that start together at least one sees the other.
        if (options.IsLocal)
            lifecycle.Subscribe($"{nameof(SingleSiloCheck)}-{name}", ServiceLifecycleStage.AfterRuntimeGrainServices + 1, CheckAsync);
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        await membership.Refresh(cancellationToken: cancellationToken).ConfigureAwait(false);

        // An earlier run of this silo, at the same endpoint, is gone whatever the table still says.
        var others = membership.CurrentSnapshot.Members.Values
            .Where(m => m.Status is SiloStatus.Created or SiloStatus.Joining or SiloStatus.Active or SiloStatus.ShuttingDown)
            .Where(m => !m.SiloAddress.Endpoint.Equals(silo.SiloAddress.Endpoint))
            .Select(m => m.SiloAddress.Endpoint.ToString())
            .ToList();
        if (others.Count > 0)
        {
            throw new OrleansConfigurationException(
                $"Write-ahead log '{name}' keeps its logs in the local directory '{options.Directory}', and the cluster has other silos: {string.Join(", ", others)}. "
                + "A local store serves a single silo. Keep the logs in PostgreSQL to run several, or run one silo.");
        }
    }
}
