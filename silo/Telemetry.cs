using Actors.OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Actors.Silo;

/// <summary>Sends metrics and traces over OTLP, if <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set.</summary>
internal static class Telemetry
{
    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        if (string.IsNullOrEmpty(builder.Configuration[EndpointVariable]))
            return;
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(r => r.AddService("actors-silo"))
            .WithMetrics(m => m.AddWriteAheadLogInstrumentation().AddMeter("Microsoft.Orleans").AddOtlpExporter())
            .WithTracing(t => t.AddWriteAheadLogInstrumentation().AddSource("Microsoft.Orleans.Runtime", "Microsoft.Orleans.Application").AddOtlpExporter());
    }
}
