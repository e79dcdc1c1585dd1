using System.Diagnostics;
using Actors.Wal.Threads;

namespace Actors.Wal.Local;

/// <summary>The thread that archives, saves the index and compacts.</summary>
internal sealed class UpkeepThread
{
    private static readonly TimeSpan LongestCatchingUp = TimeSpan.FromMilliseconds(50);

    private readonly StoreParts _parts;
    private readonly long _compactionBytesPerSecond;
    private readonly WakeSignal _signal = new();
    private readonly WakeSignal _paceSignal = new();
    private readonly Thread _thread;
    private CompactionRequest? _requested;
    private long _paceDue;
    private volatile bool _stopping;

    public UpkeepThread(StoreParts parts, LocalLogStoreOptions options)
    {
        _parts = parts;
        _compactionBytesPerSecond = options.CompactionBytesPerSecond;
        _thread = new Thread(Run) { Name = "wal-upkeep", IsBackground = true };
    }

    public void Start() => _thread.Start();

    public void Wake() => _signal.Set();

    /// <summary>Ends the work in progress, and the thread.</summary>
    public void Stop()
    {
        _stopping = true;
        _parts.Saver.Stop();
        _parts.Archiver.Stop();
        _parts.Compactor.Stop();
        _paceSignal.Set();
        _signal.Set();
        _thread.Join();
    }

    /// <summary>Saves the index, and compacts until at most this share of the log is dead.</summary>
    /// <param name="maxDeadShare">The share; 1 only saves the index.</param>
    /// <param name="compress">Whether all sealed segments are compressed.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task CompactAsync(double maxDeadShare, bool compress, CancellationToken cancellationToken)
    {
        var request = new CompactionRequest(maxDeadShare, compress);

        // At most one request waits, besides the one that is in progress.
        while (Interlocked.CompareExchange(ref _requested, request, null) is { } waiting)
            await Task.WhenAny(waiting.Done.Task).WaitAsync(cancellationToken).ConfigureAwait(false);
        _signal.Set();
        // The thread may have ended before it saw the request.
        if (_stopping)
            request.Done.TrySetCanceled(cancellationToken);
        await request.Done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits while compaction is ahead of its rate limit. At most 50 ms of unused rate can be used later.</summary>
    public void PaceCompaction(long bytes)
    {
        long now = Stopwatch.GetTimestamp();
        long earliest = now - (long)(LongestCatchingUp.TotalSeconds * Stopwatch.Frequency);
        _paceDue = Math.Max(_paceDue, earliest) + (long)((double)bytes / _compactionBytesPerSecond * Stopwatch.Frequency);
        TimeSpan ahead = Stopwatch.GetElapsedTime(now, _paceDue);
        if (ahead > TimeSpan.FromMilliseconds(1) && !_stopping)
            _paceSignal.Wait(ahead);
    }

    private void Run()
    {
        CompactionRequest? under = null;
        while (!_stopping)
        {
            if (under is null && (under = Interlocked.Exchange(ref _requested, null)) is not null)
                Begin(under);
            _parts.Archiver.Step();
            _parts.Saver.Step();
            if (_parts.Compactor.Step() || _stopping)
                continue;
            if (under is not null && _parts.Compactor.IsIdle)
            {
                _parts.Compactor.Want(null);
                under.Done.TrySetResult();
                under = null;
                continue;
            }

            _signal.Wait(null);
        }

        under?.Done.TrySetCanceled();
        Interlocked.Exchange(ref _requested, null)?.Done.TrySetCanceled();
    }

    private void Begin(CompactionRequest request)
    {
        // The saver reads only segments that have their footers.
        _parts.FailIfThrown(_parts.Supply.WriteFooters);
        _parts.Saver.Want();
        _parts.Compactor.Want(request.MaxDeadShare, request.Compress);
    }

    /// <summary>A compaction that a caller waits for.</summary>
    private sealed record CompactionRequest(double MaxDeadShare, bool Compress)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
