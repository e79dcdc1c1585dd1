using Actors.OpenTelemetry;
using Actors.Orleans;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Actors.Hosting.Tests.Examples;

/// <summary>The program of the guide to hosting.</summary>
internal static class HostedSilo
{
    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        await using WebApplication app = Build(args);
        return await app.RunOrCheckAsync(args, cancellationToken);
    }

    private static WebApplication Build(string[] args)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        builder.UseOrleans();

        builder.Services.AddHealthChecks()
            .AddWriteAheadLog(o => o.FlushP99 = TimeSpan.FromMilliseconds(200))
            .AddSiloStarted();

        builder.Services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics.AddWriteAheadLogInstrumentation().AddOtlpExporter())
            .WithTracing(traces => traces.AddWriteAheadLogInstrumentation().AddOtlpExporter());

        WebApplication app = builder.Build();
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = c => c.Tags.Contains("live") });
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = c => c.Tags.Contains("ready") });
        return app;
    }
}
