using System.Diagnostics.Metrics;

namespace Actors.Testing;

/// <summary>What a metric of the meter <c>Actors.Wal</c> measures in this process. Who counts with it runs alone.</summary>
internal sealed class MeasuredMetric : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _sum;

    public MeasuredMetric(string name)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Actors.Wal" && instrument.Name == name)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, measured, _, _) => Interlocked.Add(ref _sum, measured));
        _listener.Start();
    }

    /// <summary>The sum of all measurements so far.</summary>
    public long Sum => Interlocked.Read(ref _sum);

    /// <summary>What an observed metric says now.</summary>
    public long Observe()
    {
        Interlocked.Exchange(ref _sum, 0);
        _listener.RecordObservableInstruments();
        return Sum;
    }

    public void Dispose() => _listener.Dispose();
}
