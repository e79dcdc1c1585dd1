using Actors.Orleans;
using Actors.Wal;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Actors.Silo;

/// <summary>
/// Healthy while the store accepts appends, and degraded while an operator should act, for example on a full disk. A failed
/// store accepts appends only after a restart, so a failure counts against liveness.
/// </summary>
internal sealed class StoreHealth(IServiceProvider services) : IHealthCheck
{
    private const double MuchOfQuota = 0.8;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        StoreStatistics statistics;
        try
        {
            statistics = services.GetWriteAheadLog().Statistics;
        }
        catch (InvalidOperationException e)
        {
            return Task.FromResult(HealthCheckResult.Unhealthy(e.Message));
        }

        HealthCheckResult result = Judge(statistics);
        IReadOnlyCollection<QuarantinedStream> quarantined = services.GetQuarantinedStreams();
        return Task.FromResult(result.Status == HealthStatus.Healthy && quarantined.Count > 0
            ? HealthCheckResult.Degraded($"{quarantined.Count} streams are quarantined, since {quarantined.First().Since:O} '{quarantined.First().Stream}': {quarantined.First().Error}")
            : result);
    }

    private static HealthCheckResult Judge(StoreStatistics statistics)
    {
        if (statistics.Failure is { } failure)
            return HealthCheckResult.Unhealthy($"The store failed and accepts nothing until the silo is started again: {failure.Message}");
        return statistics is LocalStoreStatistics local && Complaint(local) is { } complaint
            ? HealthCheckResult.Degraded(complaint)
            : HealthCheckResult.Healthy($"Durable through LSN {statistics.Durable}.");
    }

    private static string? Complaint(LocalStoreStatistics statistics)
    {
        if (statistics.Damages is [{ } damage, ..])
            return $"Damaged segments: {statistics.Damages.Count}. The store may not open again with them. {damage.Message}";
        if (statistics.Full is { } full)
            return full.Message;
        if (statistics.QuotaBytes is { } quota && statistics.FileBytes >= MuchOfQuota * quota)
            return $"The store takes {statistics.FileBytes} bytes of its quota of {quota}, beyond which appends are rejected. Let streams keep less, delete some, or raise QuotaBytes.";
        if (statistics.ClockAhead > TimeSpan.Zero)
            return $"The machine's clock has jumped forward, and is {statistics.ClockAhead} ahead of the times that the store gives, which catch up at 24 times real time. If the clock is wrong, set it right; if it is right, wait, or start the silo again.";
        if (statistics.ArchiveFailure is { } archive)
            return $"The archive does not take segments, and compaction waits: {archive.Message}";
        return statistics.CompactionFailure is { } compaction
            ? $"Compaction failed, and the log takes more room than it needs: {compaction.Message}"
            : null;
    }
}

/// <summary>Healthy once the silo has started, until it begins to stop.</summary>
internal sealed class StartedHealth(IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        bool running = lifetime.ApplicationStarted.IsCancellationRequested && !lifetime.ApplicationStopping.IsCancellationRequested;
        return Task.FromResult(running ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The silo is starting or stopping."));
    }
}
