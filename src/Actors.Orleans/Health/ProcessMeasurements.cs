using System.Diagnostics.Metrics;

namespace Actors.Orleans.Health;

/// <summary>Listens to the meter <c>Actors.Wal</c> of this process from the silo's start. Its figures are those of all logs together.</summary>
internal sealed class ProcessMeasurements : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    // A 99th percentile needs at least 100 flushes. Older ones than a minute say nothing about the device's state now.
    private const int FewestFlushes = 100;
    private const int MostFlushes = 1024;
    private static readonly TimeSpan Recent = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private readonly (long At, double Seconds)[] _flushes = new (long, double)[MostFlushes];
    private long _flushCount;
    private long _replayed;
    private long _checkpoints;
    private long _fenced;

    public ProcessMeasurements(TimeProvider time)
    {
        _time = time;
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == Metrics.MeterName && instrument.Name is Metrics.FlushDurationName or Metrics.ReplayedName or Metrics.CheckpointsName or Metrics.FencedName)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            if (instrument.Name == Metrics.ReplayedName)
                Interlocked.Add(ref _replayed, value);
            else if (instrument.Name == Metrics.CheckpointsName)
                Interlocked.Add(ref _checkpoints, value);
            else
                Interlocked.Add(ref _fenced, value);
        });
        _listener.SetMeasurementEventCallback<double>((_, value, _, _) => AddFlush(value));
    }

    public long Replayed => Interlocked.Read(ref _replayed);

    public long Checkpoints => Interlocked.Read(ref _checkpoints);

    public long Fenced => Interlocked.Read(ref _fenced);

    public void Participate(ISiloLifecycle lifecycle) => _listener.Start();

    /// <summary>The 99th percentile of how long the flushes of the last minute took, 1,024 at most; null for fewer than 100.</summary>
    public TimeSpan? FlushP99()
    {
        double[] recent;
        lock (_gate)
            recent = [.. _flushes.Take((int)Math.Min(_flushCount, MostFlushes)).Where(f => _time.GetElapsedTime(f.At) <= Recent).Select(f => f.Seconds)];
        if (recent.Length < FewestFlushes)
            return null;
        Array.Sort(recent);
        return TimeSpan.FromSeconds(recent[(int)Math.Ceiling(0.99 * recent.Length) - 1]);
    }

    public void Dispose() => _listener.Dispose();

    private void AddFlush(double seconds)
    {
        lock (_gate)
            _flushes[_flushCount++ % MostFlushes] = (_time.GetTimestamp(), seconds);
    }
}
