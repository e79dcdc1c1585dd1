using System.Diagnostics.Metrics;

namespace Actors.Testing;

/// <summary>Reads a metric of the meter <c>Actors.Wal</c> in this process. A test that uses it must run alone.</summary>
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

    /// <summary>Returns the current value of an observable metric.</summary>
    public long Observe()
    {
        Interlocked.Exchange(ref _sum, 0);
        _listener.RecordObservableInstruments();
        return Sum;
    }

    public void Dispose() => _listener.Dispose();
}
