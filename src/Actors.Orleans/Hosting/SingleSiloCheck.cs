namespace Actors.Orleans.Hosting;

/// <summary>A local store serves one silo: in a cluster of several, a grain that moved would start from nothing.</summary>
internal static class SingleSiloCheck
{
    public static void Check(string name, string directory, SiloAddress self, ClusterMembershipSnapshot snapshot)
    {
        // An earlier run of this silo, at the same endpoint, is gone whatever the table still says.
        var others = snapshot.Members.Values
            .Where(m => m.Status is SiloStatus.Created or SiloStatus.Joining or SiloStatus.Active or SiloStatus.ShuttingDown)
            .Where(m => !m.SiloAddress.Endpoint.Equals(self.Endpoint))
            .Select(m => m.SiloAddress.Endpoint.ToString())
            .ToList();
        if (others.Count > 0)
        {
            throw new OrleansConfigurationException(
                $"Write-ahead log '{name}' keeps its logs in the local directory '{directory}', and the cluster has other silos: {string.Join(", ", others)}. "
                + "A local store serves a single silo. Keep the logs in PostgreSQL to run several, or run one silo.");
        }
    }
}
