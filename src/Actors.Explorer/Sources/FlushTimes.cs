using System.Diagnostics.Metrics;

namespace Actors.Explorer.Sources;

/// <summary>
/// How long the flushes of this process take. It listens while somebody looks, and stops a moment after the last look: a silo whose
/// explorer is closed pays nothing.
/// </summary>
internal sealed class FlushTimes : IDisposable
{
    private const string MeterName = "Actors.Wal";
    private const string InstrumentName = "actors.wal.flush.duration";
    private const int Most = 1024;

    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly (long At, double Seconds)[] _flushes = new (long, double)[Most];
    private long _count;
    private long _asked;
    private MeterListener? _listener;

    /// <summary>Returns the median and the 99th percentile of the last seconds; null without flushes.</summary>
    public (TimeSpan? P50, TimeSpan? P99) Percentiles()
    {
        double[] recent;
        lock (_gate)
        {
            _asked = TimeProvider.System.GetTimestamp();
            if (_listener is null)
                Start();
            recent = [.. _flushes.Take((int)Math.Min(_count, Most)).Where(f => TimeProvider.System.GetElapsedTime(f.At) <= Recent).Select(f => f.Seconds)];
        }

        if (recent.Length == 0)
            return default;
        Array.Sort(recent);
        return (At(recent, 0.5), At(recent, 0.99));
    }

    public void Dispose() => _listener?.Dispose();

    private static TimeSpan At(double[] sorted, double share) => TimeSpan.FromSeconds(sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)]);

    private void Start()
    {
        _listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == MeterName && instrument.Name == InstrumentName)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        _listener.SetMeasurementEventCallback<double>((_, seconds, _, _) => Add(seconds));
        _listener.Start();
    }

    private void Add(double seconds)
    {
        MeterListener? unused = null;
        lock (_gate)
        {
            long now = TimeProvider.System.GetTimestamp();
            _flushes[_count++ % Most] = (now, seconds);
            if (TimeProvider.System.GetElapsedTime(_asked, now) > Patience)
                (unused, _listener) = (_listener, null);
        }

        unused?.Dispose();
    }
}
