using System.Threading.Tasks.Sources;

namespace Actors.Wal.Commit;

/// <summary>The awaitable of an append, and the work item that completes it.</summary>
internal abstract class AppendCompletion : IValueTaskSource<AppendResult>, IValueTaskSource, IThreadPoolWorkItem
{
    private ManualResetValueTaskSourceCore<AppendResult> _core;
    private Exception? _error;
    private bool _continuesElsewhere;

    /// <summary>The result; valid when the append is acknowledged.</summary>
    public AppendResult Result;

    public ValueTask<AppendResult> Task => new(this, _core.Version);

    public ValueTask VoidTask => new(this, _core.Version);

    /// <summary>
    /// Whether the caller's continuation is passed to a scheduler, as a grain's is. Completing the append then runs no code
    /// of the caller.
    /// </summary>
    public bool ContinuesElsewhere => Volatile.Read(ref _continuesElsewhere);

    public void Fail(Exception error) => _error = error;

    /// <summary>Runs the caller's continuation; on a pool thread, never on the commit thread.</summary>
    public virtual void Execute()
    {
        if (_error is { } error)
            _core.SetException(error);
        else
            _core.SetResult(Result);
    }

    public AppendResult GetResult(short token)
    {
        // A caller that reads the result twice or too early must not free a request in use.
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
            throw new InvalidOperationException("The append is not complete; await it.");
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            Release();
        }
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        _continuesElsewhere = (flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0
            && (TaskScheduler.Current != TaskScheduler.Default || SynchronizationContext.Current is not null);
        _core.OnCompleted(continuation, state, token, flags);
    }

    /// <summary>Called when the result was read and the object is no longer in use.</summary>
    protected virtual void Release()
    {
    }

    /// <summary>Prepares the object for another append.</summary>
    protected void Reset()
    {
        _core.Reset();
        _error = null;
        _continuesElsewhere = false;
    }
}
