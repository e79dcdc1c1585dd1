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
/// One call that waits for a commit: its arguments, its result, and the awaitable that its caller holds.
/// Pooled: reading the result returns it to the pool.
/// </summary>
internal sealed class AppendRequest(AppendRequestPool pool) : AppendCompletion, IAcknowledgedAppend
{
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

    /// <summary>For a checkpoint or a state: the first event that is kept from now on; zero to drop nothing.</summary>
    public Sequence KeepFrom;

    /// <summary>For a state: whether all events before it are dropped.</summary>
    public bool KeepNothingBefore;

    // The view and the result are set when the frames are encoded, and valid when the frames are acknowledged.
    public StreamView View;

    /// <summary>Links free requests; owned by the pool.</summary>
    public AppendRequest? NextFree;

    public AppendRequestPool Pool => pool;

    /// <summary>Gives the request to the queue.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="cancellationToken">Withdraws the request while it waits for room.</param>
    public ValueTask<AppendResult> SubmitTo(AppendQueue queue, CancellationToken cancellationToken)
    {
        // Take the task before the request can complete: reading its result returns the request to the pool.
        ValueTask<AppendResult> task = Task;
        if (queue.Submit(this, cancellationToken) is not { } refusal)
            return task;
        Recycle();
        return ValueTask.FromException<AppendResult>(refusal);
    }

    public void PublishViews(Publication publication)
    {
        if (Parts is { } parts)
        {
            foreach (AtomicPart part in parts)
                publication.Publish(part.Stream, part.View);
        }
        else if (Kind != AppendKind.Barrier)
        {
            publication.Publish(Stream!, View);
        }
    }

    /// <summary>Returns the request to the pool: after its result was read, or when it was refused before its caller could await it.</summary>
    public void Recycle()
    {
        Reset();
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

    protected override void Release() => Recycle();
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
