using Actors.Wal.Commit;
using Actors.Wal.Threads;

namespace Actors.Wal.Local;

/// <summary>The thread that commits. Before each commit it lets requests gather.</summary>
internal sealed class CommitThread
{
    // The commit thread spins before it sleeps, so that a lone caller that appends again at once finds it awake.
    private const int LoneGroupSize = 2;
    private const int SpinsBeforeSleep = 200;

    // Before it commits again, the commit thread waits for half of the callers that were lately active at once. The other half
    // keeps the processors busy while the disk works.
    private const int GatheredShare = 2;
    private static readonly TimeSpan LongestGathering = TimeSpan.FromMilliseconds(1);

    private readonly Committer _committer;
    private readonly AppendQueue _queue;
    private readonly WakeSignal _signal = new();
    private readonly Thread _thread;
    private int _callers;
    private volatile bool _stopping;

    public CommitThread(Committer committer, AppendQueue queue)
    {
        _committer = committer;
        _queue = queue;
        _thread = new Thread(Run) { Name = "wal-commit", IsBackground = true };
    }

    public void Start() => _thread.Start();

    public void Wake() => _signal.Set();

    /// <summary>Ends the thread when nothing is left to commit. The queue must be closed.</summary>
    public void Stop()
    {
        _stopping = true;
        _signal.Set();
        _thread.Join();
    }

    private void Run()
    {
        while (true)
        {
            Gather();
            if (_committer.Step())
                continue;
            if (_stopping && _queue.IsEmpty)
                return;
            if (!SpinForLoneCaller())
                _signal.Wait(_committer.UntilDue());
        }
    }

    /// <summary>
    /// Waits until callers whose appends were just acknowledged append again, so that one flush acknowledges many of them.
    /// The number of expected callers decays soon when they do not append.
    /// </summary>
    private void Gather()
    {
        int together = _committer.LastGroupSize + _queue.GatheredCount;
        _callers = Math.Max(together, _callers - (_callers / 8));
        int expected = _callers / GatheredShare;
        if (expected < LoneGroupSize || _stopping || !_queue.WakeAt(expected))
            return;
        _signal.Wait(_committer.UntilDue() is { } due && due < LongestGathering ? due : LongestGathering);
        if (_queue.GatheredCount < expected)
            _callers /= 2;
    }

    private bool SpinForLoneCaller()
    {
        if (_committer.LastGroupSize > LoneGroupSize)
            return false;
        for (int i = 0; i < SpinsBeforeSleep; i++)
        {
            if (_queue.GatheredCount > 0)
                return true;
            Thread.SpinWait(10);
        }

        return false;
    }
}
