namespace Actors.Orleans.TestKit.Faults;

/// <summary>What a test wants to go wrong with the appends to come, and whether they have to wait.</summary>
internal sealed class AppendFaults
{
    private readonly Lock _gate = new();
    private readonly List<(AppendFault Fault, Func<StreamId, bool> Matches)> _planted = [];
    private bool _isDiskFailing;
    private int _holders;
    private TaskCompletionSource? _released;

    /// <summary>Lets one append go wrong: the next one to a stream that matches.</summary>
    public void Plant(AppendFault fault, Func<StreamId, bool> matches)
    {
        lock (_gate)
            _planted.Add((fault, matches));
    }

    /// <summary>What is to become of an append that begins; null for nothing unusual.</summary>
    public AppendFault? Take(IEnumerable<StreamId> streams)
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

    /// <summary>Says that the disk fails from now on: an append will be the first to notice.</summary>
    public void FailDisk()
    {
        lock (_gate)
            _isDiskFailing = true;
    }

    /// <summary>Says that an append has failed with the disk.</summary>
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

    /// <summary>Lets appends wait until all who hold them have let go.</summary>
    public IDisposable Hold()
    {
        lock (_gate)
        {
            _holders++;
            _released ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new Holder(this);
        }
    }

    /// <summary>Complete when appends need not wait.</summary>
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
