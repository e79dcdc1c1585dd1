using System.Diagnostics;

namespace Actors.Wal.Recovery;

/// <summary>Reports the bytes read, at most once a second. An opening that takes less time reports nothing.</summary>
internal sealed class RecoveryProgress(IProgress<OpenProgress>? target)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly long _started = Stopwatch.GetTimestamp();
    private TimeSpan _due = Interval;

    /// <summary>Bytes to read.</summary>
    public long TotalBytes { get; set; }

    public void Report(long readBytes)
    {
        if (target is null)
            return;
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_started);
        if (elapsed < _due)
            return;
        _due = elapsed + Interval;
        target.Report(new OpenProgress(Math.Min(readBytes, TotalBytes), TotalBytes, elapsed));
    }
}
