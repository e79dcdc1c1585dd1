namespace Actors.Wal.Compaction;

/// <summary>What compaction has done since the store was opened.</summary>
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

    /// <summary>Their bytes.</summary>
    public long BytesBefore => Interlocked.Read(ref _bytesBefore);

    /// <summary>The bytes of the cold segments that were put in their place.</summary>
    public long BytesAfter => Interlocked.Read(ref _bytesAfter);

    /// <summary>Bytes read and written for it.</summary>
    public long Copied => Interlocked.Read(ref _copied);

    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>The failure of the last attempt; null when that went well.</summary>
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
