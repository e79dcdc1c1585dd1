using Actors.Orleans.Hosting;
using Actors.Wal;
using Actors.Wal.Local;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Actors.Orleans.Health;

/// <summary>
/// The health of one write-ahead log. It is unhealthy while it accepts no appends: a failed store does so again only after the silo was
/// started again. It is degraded while an operator should act.
/// </summary>
internal sealed class WriteAheadLogHealth(LogStoreHost host, ProcessMeasurements measurements, WriteAheadLogHealthOptions options) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        StoreStatistics statistics;
        try
        {
            statistics = host.Store.Statistics;
        }
        catch (Exception e) when (e is InvalidOperationException or ObjectDisposedException)
        {
            return Task.FromResult(HealthCheckResult.Unhealthy(e.Message));
        }

        IReadOnlyCollection<QuarantinedStream> quarantined = host.Quarantine.Streams;
        TimeSpan? flushP99 = measurements.FlushP99();
        Dictionary<string, object> data = DataOf(statistics, quarantined, flushP99);
        if (statistics.Failure is { } failure)
            return Task.FromResult(HealthCheckResult.Unhealthy($"The store failed and accepts nothing until the silo is started again: {failure.Message}", failure, data));
        var local = statistics as LocalStoreStatistics;
        string problems = string.Join(' ', [.. ProblemsOf(local), .. ProblemsOf(quarantined, flushP99)]);
        return Task.FromResult(problems.Length == 0
            ? HealthCheckResult.Healthy($"Durable through LSN {statistics.Durable}.", data)
            : HealthCheckResult.Degraded(problems, local?.Full ?? local?.ArchiveFailure ?? local?.CompactionFailure, data));
    }

    private IEnumerable<string> ProblemsOf(LocalStoreStatistics? statistics)
    {
        if (statistics is null)
            yield break;
        if (statistics.Damages is [{ } damage, ..])
            yield return $"Damaged segments: {statistics.Damages.Count}. The store may not open again with them. {damage.Message}";
        if (statistics.Full is { } full)
            yield return full.Message;
        else if (statistics.QuotaBytes is { } quota && statistics.FileBytes >= options.QuotaShare * quota)
            yield return $"The store takes {statistics.FileBytes} bytes of its quota of {quota}, beyond which appends are rejected. Let streams keep less, delete some, or raise QuotaBytes.";
        if (statistics.ClockAhead > TimeSpan.Zero)
            yield return $"The machine's clock has jumped forward, and is {statistics.ClockAhead} ahead of the times that the store gives, which catch up at 24 times real time. If the clock is wrong, set it right; if it is right, wait, or start the silo again.";
        if (statistics.ArchiveFailure is { } archive)
            yield return $"The archive does not take segments, and compaction waits: {archive.Message}";
        if (statistics.CompactionFailure is { } compaction)
            yield return $"Compaction failed, and the log takes more room than it needs: {compaction.Message}";
    }

    private IEnumerable<string> ProblemsOf(IReadOnlyCollection<QuarantinedStream> quarantined, TimeSpan? flushP99)
    {
        if (quarantined.FirstOrDefault() is { } first)
            yield return $"{quarantined.Count} streams are quarantined, since {first.Since:O} '{first.Stream}': {first.Error}";
        if (flushP99 >= options.FlushP99)
            yield return $"Of the flushes of the last minute one in a hundred takes {flushP99.Value.TotalMilliseconds:0} ms or longer. Look at the device, and at what else uses it.";
    }

    private static Dictionary<string, object> DataOf(StoreStatistics statistics, IReadOnlyCollection<QuarantinedStream> quarantined, TimeSpan? flushP99)
    {
        var data = new Dictionary<string, object>
        {
            ["streams"] = statistics.Streams,
            ["durableLsn"] = statistics.Durable.Value,
            ["waitingAppends"] = statistics.WaitingAppends,
            ["quarantinedStreams"] = quarantined.Count,
        };
        if (statistics is LocalStoreStatistics local)
        {
            data["fileBytes"] = local.FileBytes;
            data["damagedSegments"] = local.Damages.Count;
            if (local.QuotaBytes is { } quota)
                data["quotaBytes"] = quota;
        }

        if (flushP99 is { } p99)
            data["flushP99Ms"] = p99.TotalMilliseconds;
        return data;
    }
}
