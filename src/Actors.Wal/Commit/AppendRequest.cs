using System.Threading.Tasks.Sources;
using Actors.Wal.Streams;

namespace Actors.Wal.Commit;

internal enum AppendKind
{
    Event,
    Events,
    State,
    Checkpoint,
    Truncation,
    Deletion,
    Atomic,

    /// <summary>Writes nothing: completes when everything accepted before it is acknowledged.</summary>
    Barrier,
}

/// <summary>
/// One call that waits for a commit: its arguments, its place in the result, and the awaitable that its caller holds.
/// Pooled: reading the result gives it back.
/// </summary>
internal sealed class AppendRequest(AppendRequestPool pool) : IValueTaskSource<AppendResult>, IValueTaskSource, IThreadPoolWorkItem
{
    private ManualResetValueTaskSourceCore<AppendResult> _core;
    private Exception? _error;
    private bool _continuesElsewhere;

    // The call.
    public AppendKind Kind;
    public StreamState? Stream;
    public Epoch Epoch;
    public EventData Data;
    public IReadOnlyList<EventData>? Events;
    public Sequence? Expected;
    public Sequence At;
    public SyncPolicy Sync;
    public AtomicPart[]? Parts;

    /// <summary>With a checkpoint or a state: the first event that is kept from now on; zero to drop nothing.</summary>
    public Sequence KeepFrom;

    /// <summary>With a state: whether it is all that is kept.</summary>
    public bool KeepNothingBefore;

    // The answer, complete when its frames are encoded and valid when they are acknowledged.
    public AppendResult Result;
    public StreamView View;

    /// <summary>Links free requests; owned by the pool.</summary>
    public AppendRequest? NextFree;

    public AppendRequestPool Pool => pool;

    public ValueTask<AppendResult> Task => new(this, _core.Version);

    public ValueTask VoidTask => new(this, _core.Version);

    /// <summary>
    /// Whether the caller's continuation is handed to a scheduler of its own, as a grain's is: completing it then runs
    /// nothing of the caller's.
    /// </summary>
    public bool ContinuesElsewhere => Volatile.Read(ref _continuesElsewhere);

    public void Fail(Exception error) => _error = error;

    /// <summary>Runs the caller's continuation; on a pool thread, never on the commit thread.</summary>
    public void Execute()
    {
        if (_error is { } error)
            _core.SetException(error);
        else
            _core.SetResult(Result);
    }

    public AppendResult GetResult(short token)
    {
        // A result that is read twice or too early is the caller's mistake, and must not free a request in use.
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
            throw new InvalidOperationException("The append is not complete; await it.");
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            Recycle();
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

    /// <summary>Takes a request back that was refused before anybody could await it.</summary>
    public void Recycle()
    {
        _core.Reset();
        _error = null;
        _continuesElsewhere = false;
        Stream = null;
        Data = default;
        Events = null;
        Expected = null;
        Parts = null;
        KeepFrom = default;
        KeepNothingBefore = false;
        View = default;
        pool.Return(this);
    }
}

/// <summary>One stream's part of an atomic append.</summary>
internal sealed class AtomicPart(StreamState stream, Epoch epoch, IReadOnlyList<EventData> events, Sequence? expected)
{
    public StreamState Stream { get; } = stream;

    public Epoch Epoch { get; } = epoch;

    public IReadOnlyList<EventData> Events { get; } = events;

    public Sequence? Expected { get; } = expected;

    public AppendResult Result;
    public StreamView View;
}
