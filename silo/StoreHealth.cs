using Actors.Orleans;
using Actors.Wal;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Actors.Silo;

/// <summary>Healthy while the store accepts appends. A store that failed does so only after a restart, so a failure is one of liveness.</summary>
internal sealed class StoreHealth(IServiceProvider services) : IHealthCheck
{
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

        return Task.FromResult(statistics.Failure is { } failure
            ? HealthCheckResult.Unhealthy($"The store failed and accepts nothing until the silo is started again: {failure.Message}")
            : HealthCheckResult.Healthy($"Durable through LSN {statistics.Durable}."));
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
