namespace Actors.Orleans.TestKit.Faults;

/// <summary>The faults that a test has planned for later appends, and whether appends have to wait.</summary>
internal sealed class AppendFaults
{
    private readonly Lock _gate = new();
    private readonly List<(AppendFault Fault, Func<LogStreamId, bool> Matches)> _planted = [];
    private bool _isDiskFailing;
    private int _holders;
    private TaskCompletionSource? _released;

    /// <summary>Plans a fault for one append: the next one to a stream that matches.</summary>
    public void Plant(AppendFault fault, Func<LogStreamId, bool> matches)
    {
        lock (_gate)
            _planted.Add((fault, matches));
    }

    /// <summary>Takes the planned fault of an append that begins; null for none.</summary>
    public AppendFault? Take(IEnumerable<LogStreamId> streams)
    {
        lock (_gate)
        {
            int index = _planted.FindIndex(p => streams.Any(p.Matches));
            if (index < 0)
                return null;
            AppendFault fault = _planted[index].Fault;
            _planted.RemoveAt(index);
            return fault;
        }
    }

    /// <summary>Notes that the disk fails from now on. The first append that fails then has an unknown outcome.</summary>
    public void FailDisk()
    {
        lock (_gate)
            _isDiskFailing = true;
    }

    /// <summary>Notes that an append has failed with the disk.</summary>
    /// <returns>Whether it was the first.</returns>
    public bool NoticeDisk()
    {
        lock (_gate)
        {
            bool first = _isDiskFailing;
            _isDiskFailing = false;
            return first;
        }
    }

    /// <summary>Makes appends wait until every hold is disposed.</summary>
    public IDisposable Hold()
    {
        lock (_gate)
        {
            _holders++;
            _released ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new Holder(this);
        }
    }

    /// <summary>A task that is complete when appends need not wait.</summary>
    public Task Released
    {
        get
        {
            lock (_gate)
                return _released?.Task ?? Task.CompletedTask;
        }
    }

    private void Release()
    {
        TaskCompletionSource? released = null;
        lock (_gate)
        {
            if (--_holders == 0)
                (released, _released) = (_released, null);
        }

        released?.SetResult();
    }

    private sealed class Holder(AppendFaults faults) : IDisposable
    {
        private AppendFaults? _faults = faults;

        public void Dispose() => Interlocked.Exchange(ref _faults, null)?.Release();
    }
}
