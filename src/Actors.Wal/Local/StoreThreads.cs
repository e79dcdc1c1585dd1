using System.Diagnostics;
using Actors.Wal.Threads;

namespace Actors.Wal.Local;

/// <summary>The three threads of a store: one commits, one prepares segments, one archives, saves the index and compacts.</summary>
internal sealed class StoreThreads
{
    // The commit thread spins before it sleeps, so that a lone caller that appends again at once finds it awake.
    private const int LoneGroupSize = 2;
    private const int SpinsBeforeSleep = 200;

    // Before it commits again, the commit thread waits for half of the callers that were lately active at once. The other half
    // keeps the processors busy while the disk works.
    private const int GatheredShare = 2;
    private static readonly TimeSpan LongestGathering = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan LongestCatchingUp = TimeSpan.FromMilliseconds(50);

    private readonly StoreParts _parts;
    private readonly LocalLogStoreOptions _options;
    private readonly WakeSignal _commitSignal = new();
    private readonly WakeSignal _supplySignal = new();
    private readonly WakeSignal _upkeepSignal = new();
    private readonly WakeSignal _paceSignal = new();
    private readonly Thread _commit;
    private readonly Thread _supply;
    private readonly Thread _upkeep;
    private CompactionRequest? _compaction;
    private long _paceDue;
    private int _callers;
    private volatile bool _commitStopping;
    private volatile bool _supplyStopping;
    private volatile bool _upkeepStopping;

    private StoreThreads(StoreParts parts, LocalLogStoreOptions options)
    {
        _parts = parts;
        _options = options;
        _commit = new Thread(RunCommits) { Name = "wal-commit", IsBackground = true };
        _supply = new Thread(RunSupply) { Name = "wal-segments", IsBackground = true };
        _upkeep = new Thread(RunUpkeep) { Name = "wal-upkeep", IsBackground = true };
    }

    public static StoreThreads Start(StoreParts parts, LocalLogStoreOptions options)
    {
        var threads = new StoreThreads(parts, options);
        StoreWiring.Connect(parts, threads);
        threads._commit.Start();
        threads._supply.Start();
        threads._upkeep.Start();
        return threads;
    }

    public void WakeCommit() => _commitSignal.Set();

    public void WakeSupply() => _supplySignal.Set();

    public void WakeUpkeep() => _upkeepSignal.Set();

    /// <summary>Ends the threads when nothing is left to commit. The queue must be closed.</summary>
    public void Stop()
    {
        _commitStopping = true;
        _commitSignal.Set();
        _commit.Join();
        _supplyStopping = true;
        _supplySignal.Set();
        _supply.Join();
        _upkeepStopping = true;
        _parts.Saver.Stop();
        _parts.Archiver.Stop();
        _parts.Compactor.Stop();
        _paceSignal.Set();
        _upkeepSignal.Set();
        _upkeep.Join();
    }

    private void RunCommits()
    {
        while (true)
        {
            Gather();
            if (_parts.Committer.Step())
                continue;
            if (_commitStopping && _parts.Queue.IsEmpty)
                return;
            if (!SpinForLoneCaller())
                _commitSignal.Wait(_parts.Committer.UntilDue());
        }
    }

    /// <summary>
    /// Waits until callers whose appends were just acknowledged append again, so that one flush acknowledges many of them.
    /// The number of expected callers decays soon when they do not append.
    /// </summary>
    private void Gather()
    {
        int together = _parts.Committer.LastGroupSize + _parts.Queue.GatheredCount;
        _callers = Math.Max(together, _callers - (_callers / 8));
        int expected = _callers / GatheredShare;
        if (expected < LoneGroupSize || _commitStopping || !_parts.Queue.WakeAt(expected))
            return;
        _commitSignal.Wait(_parts.Committer.UntilDue() is { } due && due < LongestGathering ? due : LongestGathering);
        if (_parts.Queue.GatheredCount < expected)
            _callers /= 2;
    }

    private bool SpinForLoneCaller()
    {
        if (_parts.Committer.LastGroupSize > LoneGroupSize)
            return false;
        for (int i = 0; i < SpinsBeforeSleep; i++)
        {
            if (_parts.Queue.GatheredCount > 0)
                return true;
            Thread.SpinWait(10);
        }

        return false;
    }

    private void RunSupply()
    {
        while (!_supplyStopping)
        {
            bool retry = false;
            if (!Succeeds(() => retry = _parts.Supply.Step()))
                return;
            if (!_supplyStopping)
                _supplySignal.Wait(retry ? _options.FullRetry : null);
        }
    }

    /// <summary>Does work on segments. An error is final for the store.</summary>
    /// <returns>Whether there was no error.</returns>
    private bool Succeeds(Action work)
    {
        try
        {
            work();
            return true;
        }
        catch (Exception e)
        {
            _parts.Committer.Fail(null, e);
            return false;
        }
    }

    private void RunUpkeep()
    {
        CompactionRequest? under = null;
        while (!_upkeepStopping)
        {
            if (under is null && (under = Interlocked.Exchange(ref _compaction, null)) is not null)
            {
                // The saver reads only segments that have their footers.
                Succeeds(_parts.Supply.WriteFooters);
                _parts.Saver.Want();
                _parts.Compactor.Want(under.MaxDeadShare, under.Compress);
            }

            _parts.Archiver.Step();
            _parts.Saver.Step();
            if (_parts.Compactor.Step() || _upkeepStopping)
                continue;
            if (under is not null && _parts.Compactor.IsIdle)
            {
                _parts.Compactor.Want(null);
                under.Done.TrySetResult();
                under = null;
                continue;
            }

            _upkeepSignal.Wait(null);
        }

        under?.Done.TrySetCanceled();
        Interlocked.Exchange(ref _compaction, null)?.Done.TrySetCanceled();
    }

    /// <summary>Saves the index, and compacts until at most this share of the log is dead.</summary>
    /// <param name="maxDeadShare">The share; 1 only saves the index.</param>
    /// <param name="compress">Whether all sealed segments are compressed.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task CompactAsync(double maxDeadShare, bool compress, CancellationToken cancellationToken)
    {
        var request = new CompactionRequest(maxDeadShare, compress);

        // At most one request waits, besides the one that is in progress.
        while (Interlocked.CompareExchange(ref _compaction, request, null) is { } waiting)
            await Task.WhenAny(waiting.Done.Task).WaitAsync(cancellationToken).ConfigureAwait(false);
        _upkeepSignal.Set();
        // The thread may have ended before it saw the request.
        if (_upkeepStopping)
            request.Done.TrySetCanceled(cancellationToken);
        await request.Done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits while compaction is ahead of its rate limit. At most 50 ms of unused rate can be used later.</summary>
    public void PaceCompaction(long bytes)
    {
        long now = Stopwatch.GetTimestamp();
        long earliest = now - (long)(LongestCatchingUp.TotalSeconds * Stopwatch.Frequency);
        _paceDue = Math.Max(_paceDue, earliest) + (long)((double)bytes / _options.CompactionBytesPerSecond * Stopwatch.Frequency);
        TimeSpan ahead = Stopwatch.GetElapsedTime(now, _paceDue);
        if (ahead > TimeSpan.FromMilliseconds(1) && !_upkeepStopping)
            _paceSignal.Wait(ahead);
    }

    /// <summary>Called when a segment is ready, or there is no space for one.</summary>
    public void SegmentsChanged()
    {
        if (_parts.Supply.Full is not null)
        {
            _parts.Queue.RefuseWaiting();
            _upkeepSignal.Set();
        }

        _commitSignal.Set();
    }

    /// <summary>A compaction that a caller waits for.</summary>
    private sealed record CompactionRequest(double MaxDeadShare, bool Compress)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
