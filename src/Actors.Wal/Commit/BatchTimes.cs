using Actors.Wal.Clocks;
using Actors.Wal.Format;

namespace Actors.Wal.Commit;

/// <summary>
/// Stamps batches with the time, which their next frames get. The times never decrease. A batch fills while the flush of the batch
/// before it lasts, so it is stamped again each millisecond.
/// </summary>
internal sealed class BatchTimes(TimeProvider time, long lastTimeMicros)
{
    private readonly StoreClock? _clock = time as StoreClock;
    private readonly long _ticksPerMillisecond = time.TimestampFrequency / 1000;
    private long _lastTimeMicros = lastTimeMicros;
    private long _stampedAt;

    public void StampIfLater(BatchBuffer batch)
    {
        long now = _clock?.GetMilliseconds() ?? time.GetTimestamp() / _ticksPerMillisecond;
        if (batch.FrameCount > 0 && now == _stampedAt)
            return;
        _stampedAt = now;
        Stamp(batch);
    }

    public void Stamp(BatchBuffer batch)
    {
        _lastTimeMicros = Math.Max(_lastTimeMicros, UnixMicros.Of(time.GetUtcNow()));
        batch.Stamp(_lastTimeMicros);
    }
}
