using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Actors.OpenTelemetry;

/// <summary>Adds the metrics and traces of write-ahead logs to OpenTelemetry.</summary>
public static class WriteAheadLogInstrumentation
{
    /// <summary>The name of the meter and of the activity source, of the stores and of the grains on them.</summary>
    public const string Name = "Actors.Wal";

    /// <summary>
    /// Collects the metrics <c>actors.wal.*</c> and <c>actors.grainlog.*</c>. The histograms bring their buckets: flushes have them from 50 µs to
    /// 10 s. A view of the same instrument replaces them.
    /// </summary>
    public static MeterProviderBuilder AddWriteAheadLogInstrumentation(this MeterProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddMeter(Name);
    }

    /// <summary>Collects the activities of opening a store.</summary>
    public static TracerProviderBuilder AddWriteAheadLogInstrumentation(this TracerProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddSource(Name);
    }
}
