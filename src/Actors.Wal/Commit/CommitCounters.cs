namespace Actors.Wal.Commit;

/// <summary>The counters of the commit path. Only the commit step writes them; any thread may read them.</summary>
internal sealed class CommitCounters
{
    private const double RecentBatches = 64;

    private long _batches;
    private long _frames;
    private long _bytes;
    private long _flushes;
    private double _recentBytes;

    public long Batches => Volatile.Read(ref _batches);

    public long Frames => Volatile.Read(ref _frames);

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The average bytes of a batch, over the recent batches.</summary>
    public int RecentBatchBytes => (int)Volatile.Read(ref _recentBytes);

    public long Flushes => Volatile.Read(ref _flushes);

    public void CountBatch(int frames, int bytes)
    {
        Volatile.Write(ref _batches, _batches + 1);
        Volatile.Write(ref _frames, _frames + frames);
        Volatile.Write(ref _bytes, _bytes + bytes);
        Volatile.Write(ref _recentBytes, _recentBytes + ((bytes - _recentBytes) / RecentBatches));
        Metrics.BatchFrames.Record(frames);
        Metrics.Events.Add(frames);
        Metrics.Bytes.Add(bytes);
    }

    public void CountFlush(TimeSpan duration)
    {
        Volatile.Write(ref _flushes, _flushes + 1);
        Metrics.FlushDuration.Record(duration.TotalSeconds);
    }
}
