using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Actors.Orleans.Hosting;

/// <summary>Refuses a local store in a cluster of several silos. A grain that moved to another silo would start without its history.</summary>
internal sealed class SingleSiloCheck(string name, WriteAheadLogOptions options, ILocalSiloDetails silo, IMembershipTable table, IOptions<ClusterMembershipOptions> membership, TimeProvider time)
    : ILifecycleParticipant<ISiloLifecycle>
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // A busy silo updates its table entry a little late.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(10);

    public void Participate(ISiloLifecycle lifecycle)
    {
        // The check runs after this silo has joined, so that of two silos that start together at least one sees the other.
        if (options.IsLocal)
            lifecycle.Subscribe($"{nameof(SingleSiloCheck)}-{name}", ServiceLifecycleStage.AfterRuntimeGrainServices + 1, CheckAsync);
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        // A killed silo stays active in the table until other silos have detected its end, but it no longer updates its entry.
        TimeSpan period = membership.Value.IAmAliveTablePublishTimeout + Slack;
        var firstSeen = new Dictionary<SiloAddress, DateTime>();
        long begun = time.GetTimestamp();
        while (true)
        {
            List<MembershipEntry> others = await OthersAsync().ConfigureAwait(false);
            if (others.Count == 0)
                return;
            List<MembershipEntry> alive = [];
            foreach (MembershipEntry other in others)
            {
                if (IsStarting(other) || other.IAmAliveTime > firstSeen.GetValueOrDefault(other.SiloAddress, other.IAmAliveTime) || await AnswersAsync(other.SiloAddress, cancellationToken).ConfigureAwait(false))
                    alive.Add(other);
                firstSeen.TryAdd(other.SiloAddress, other.IAmAliveTime);
            }

            if (alive.Count > 0)
            {
                throw new OrleansConfigurationException(
                    $"Write-ahead log '{name}' keeps its logs in the local directory '{options.Directory}', and the cluster has other silos: {string.Join(", ", alive.Select(a => a.SiloAddress.Endpoint))}. "
                    + "A local store serves a single silo. Keep the logs in PostgreSQL to run several, or run one silo.");
            }

            if (time.GetElapsedTime(begun) > period)
                return;
            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<List<MembershipEntry>> OthersAsync()
    {
#pragma warning disable CS0618 // The oldest supported release of Orleans has no other method.
        MembershipTableData all = await table.ReadAll().ConfigureAwait(false);
#pragma warning restore CS0618
        return [.. all.Members.Select(m => m.Item1).Where(IsOther)];
    }

    /// <summary>Whether a silo has just started and does not update its table entry yet. Two that start together must see each other.</summary>
    private bool IsStarting(MembershipEntry entry)
        => entry.Status is SiloStatus.Created or SiloStatus.Joining && time.GetUtcNow().UtcDateTime - entry.StartTime < Recent;

    /// <summary>Whether an entry is another silo that may be alive. An earlier run of this silo, at the same endpoint, has ended.</summary>
    private bool IsOther(MembershipEntry entry)
        => entry.Status is SiloStatus.Created or SiloStatus.Joining or SiloStatus.Active or SiloStatus.ShuttingDown && !entry.SiloAddress.Endpoint.Equals(silo.SiloAddress.Endpoint);

    private static async Task<bool> AnswersAsync(SiloAddress address, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Pause);
        try
        {
            using var socket = new Socket(address.Endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(address.Endpoint, patience.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }
}
