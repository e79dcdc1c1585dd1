namespace Actors.Wal.Postgres.Commit;

/// <summary>Counts the committers' work. Any thread may read the counters.</summary>
internal sealed class PostgresCommitCounters
{
    private long _frames;
    private long _bytes;
    private long _batches;
    private long _last;
    private long _streams;
    private long _sighted;

    public long Frames => Interlocked.Read(ref _frames);

    public long Bytes => Interlocked.Read(ref _bytes);

    public long Batches => Interlocked.Read(ref _batches);

    /// <summary>The batches that were committed without reading the streams' last rows.</summary>
    public long Sighted => Interlocked.Read(ref _sighted);

    /// <summary>Streams that got their first event, less those that were deleted.</summary>
    public long Streams => Interlocked.Read(ref _streams);

    public Lsn Last => new(Interlocked.Read(ref _last));

    public void CountStreams(int more) => Interlocked.Add(ref _streams, more);

    public void CountSighted() => Interlocked.Increment(ref _sighted);

    public void Count(long frames, long bytes, Lsn last)
    {
        Interlocked.Add(ref _frames, frames);
        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Increment(ref _batches);
        for (long before = Interlocked.Read(ref _last); last.Value > before; before = Interlocked.Read(ref _last))
        {
            if (Interlocked.CompareExchange(ref _last, last.Value, before) == before)
                return;
        }
    }
}
