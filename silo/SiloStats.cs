using System.Diagnostics.Metrics;
using Actors.Orleans;
using Actors.Wal;

namespace Actors.Silo;

/// <summary>The silo's counts, as <c>/stats</c> shows them.</summary>
internal sealed class SiloStats : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _replayed;
    private long _checkpoints;
    private long _fenced;

    public SiloStats()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name is "actors.grainlog.replayed" or "actors.grainlog.checkpoints" or "actors.grainlog.fenced")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            ref long count = ref _replayed;
            if (instrument.Name == "actors.grainlog.checkpoints")
                count = ref _checkpoints;
            else if (instrument.Name == "actors.grainlog.fenced")
                count = ref _fenced;
            Interlocked.Add(ref count, value);
        });
        _listener.Start();
    }

    public object Read(IServiceProvider services)
    {
        ILogStore store = services.GetWriteAheadLog();
        StoreStatistics statistics = store.Statistics;
        var local = statistics as LocalStoreStatistics;
        RecoveryReport? recovery = (store as LocalLogStore)?.Recovery;
        return new
        {
            replayedEvents = Interlocked.Read(ref _replayed),
            checkpoints = Interlocked.Read(ref _checkpoints),
            fenced = Interlocked.Read(ref _fenced),
            streams = statistics.Streams,
            segments = local?.Segments,
            logBytes = local?.LogBytes,
            fileBytes = local?.FileBytes,
            quotaBytes = local?.QuotaBytes,
            compactedSegments = local?.CompactedSegments,
            compactionBytes = local?.CompactionBytes,
            compactionFailures = local?.CompactionFailures,
            frames = statistics.AppendedFrames,
            batches = statistics.Batches,
            flushes = local?.Flushes,
            durableLsn = statistics.Durable.Value,
            failure = statistics.Failure?.Message,
            quarantined = services.GetQuarantinedStreams(),
            recovery = recovery is null ? null : new
            {
                elapsedMs = recovery.Elapsed.TotalMilliseconds,
                frames = recovery.Frames,
                streams = recovery.Streams,
                cleanClose = recovery.CleanClose,
                tornBytes = recovery.Torn?.Bytes ?? 0,
            },
        };
    }

    public void Dispose() => _listener.Dispose();
}
