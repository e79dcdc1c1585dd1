namespace Actors.Wal.Compaction;

/// <summary>Counts the work of compaction since the store was opened.</summary>
internal sealed class CompactionCounters
{
    private long _segments;
    private long _bytesBefore;
    private long _bytesAfter;
    private long _copied;
    private long _failures;
    private Exception? _lastFailure;

    /// <summary>Segments that were replaced.</summary>
    public long Segments => Interlocked.Read(ref _segments);

    /// <summary>The bytes of the replaced segments.</summary>
    public long BytesBefore => Interlocked.Read(ref _bytesBefore);

    /// <summary>The bytes of the cold segments that replaced them.</summary>
    public long BytesAfter => Interlocked.Read(ref _bytesAfter);

    /// <summary>Bytes that compaction has read and written.</summary>
    public long Copied => Interlocked.Read(ref _copied);

    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>The failure of the last attempt; null when it succeeded.</summary>
    public Exception? LastFailure => Volatile.Read(ref _lastFailure);

    public void CountCopied(long bytes) => Interlocked.Add(ref _copied, bytes);

    public void CountCompaction(int segments, long before, long after)
    {
        Volatile.Write(ref _lastFailure, null);
        Interlocked.Add(ref _segments, segments);
        Interlocked.Add(ref _bytesBefore, before);
        Interlocked.Add(ref _bytesAfter, after);
        Metrics.CompactedBytes.Add(before);
        Metrics.CompactionWritten.Add(after);
    }

    public void CountFailure(Exception error)
    {
        Interlocked.Increment(ref _failures);
        Volatile.Write(ref _lastFailure, error);
        Metrics.CompactionFailures.Add(1);
    }
}
