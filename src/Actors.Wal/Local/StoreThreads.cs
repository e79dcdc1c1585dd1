using Actors.Wal.Threads;

namespace Actors.Wal.Local;

/// <summary>The three threads of a store: one commits, one prepares segments, one archives, saves the index and compacts.</summary>
internal sealed class StoreThreads
{
    private readonly StoreParts _parts;
    private readonly TimeSpan _fullRetry;
    private readonly WakeSignal _supplySignal = new();
    private readonly Thread _supply;
    private volatile bool _supplyStopping;

    private StoreThreads(StoreParts parts, LocalLogStoreOptions options)
    {
        _parts = parts;
        _fullRetry = options.FullRetry;
        _supply = new Thread(RunSupply) { Name = "wal-segments", IsBackground = true };
        Commit = new CommitThread(parts.Committer, parts.Queue);
        Upkeep = new UpkeepThread(parts, options);
    }

    public CommitThread Commit { get; }

    public UpkeepThread Upkeep { get; }

    public static StoreThreads Start(StoreParts parts, LocalLogStoreOptions options)
    {
        var threads = new StoreThreads(parts, options);
        StoreWiring.Connect(parts, threads);
        threads.Commit.Start();
        threads._supply.Start();
        threads.Upkeep.Start();
        return threads;
    }

    public void WakeSupply() => _supplySignal.Set();

    /// <summary>Ends the threads when nothing is left to commit. The queue must be closed.</summary>
    public void Stop()
    {
        Commit.Stop();
        _supplyStopping = true;
        _supplySignal.Set();
        _supply.Join();
        Upkeep.Stop();
    }

    /// <summary>Called when a segment is ready, or there is no space for one.</summary>
    public void SegmentsChanged()
    {
        if (_parts.Supply.Full is not null)
        {
            _parts.Queue.RefuseWaiting();
            Upkeep.Wake();
        }

        Commit.Wake();
    }

    private void RunSupply()
    {
        while (!_supplyStopping)
        {
            bool retry = false;
            if (!_parts.FailIfThrown(() => retry = _parts.Supply.Step()))
                return;
            if (!_supplyStopping)
                _supplySignal.Wait(retry ? _fullRetry : null);
        }
    }
}
