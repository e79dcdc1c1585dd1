using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Actors.Orleans.Health;

/// <summary>Healthy once the host has started, until it begins to stop.</summary>
internal sealed class SiloStartedHealth(IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        bool running = lifetime.ApplicationStarted.IsCancellationRequested && !lifetime.ApplicationStopping.IsCancellationRequested;
        return Task.FromResult(running ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The silo is starting or stopping."));
    }
}
