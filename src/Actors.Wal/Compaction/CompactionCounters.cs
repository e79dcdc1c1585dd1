namespace Actors.Wal.Compaction;

/// <summary>What compaction has done since the store was opened.</summary>
internal sealed class CompactionCounters
{
    private long _segments;
    private long _bytesBefore;
    private long _bytesAfter;
    private long _copied;
    private long _failures;

    /// <summary>Segments that were replaced.</summary>
    public long Segments => Interlocked.Read(ref _segments);

    /// <summary>Their bytes.</summary>
    public long BytesBefore => Interlocked.Read(ref _bytesBefore);

    /// <summary>The bytes of the cold segments that were put in their place.</summary>
    public long BytesAfter => Interlocked.Read(ref _bytesAfter);

    /// <summary>Bytes read and written for it.</summary>
    public long Copied => Interlocked.Read(ref _copied);

    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>The last failure; null without one.</summary>
    public Exception? LastFailure { get; private set; }

    public void CountCopied(long bytes) => Interlocked.Add(ref _copied, bytes);

    public void CountCompaction(int segments, long before, long after)
    {
        Interlocked.Add(ref _segments, segments);
        Interlocked.Add(ref _bytesBefore, before);
        Interlocked.Add(ref _bytesAfter, after);
        Metrics.CompactedBytes.Add(before);
        Metrics.CompactionWritten.Add(after);
    }

    public void CountFailure(Exception error)
    {
        Interlocked.Increment(ref _failures);
        LastFailure = error;
        Metrics.CompactionFailures.Add(1);
    }
}
