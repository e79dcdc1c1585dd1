using Actors.Orleans.Codecs;
using Actors.Orleans.Hosting;
using Actors.Orleans.Streams;
using Actors.Wal;
using Microsoft.Extensions.Logging;

namespace Actors.Orleans.Events;

/// <summary>
/// A grain's state that is made from the events of its stream: replayed when the grain activates, saved in checkpoints, carried through
/// migrations. Grain logs and journaled grains have such a state. A state that can't be encoded is neither saved nor migrated. All of it
/// runs in the grain's turns.
/// </summary>
internal sealed class ReplayedState<TState, TEvent>(
    LogStoreHost host,
    GrainStream stream,
    EventTail tail,
    CheckpointCodec<TState>? states,
    PayloadCodec<TEvent> events,
    Func<TState, TEvent, TState> apply,
    IGrainContext context,
    ILogger logger)
    where TState : class, new()
{
    // Whether the state is that of the tail's version, as far as this activation knows. Only such a state is saved at the end, and migrates.
    private bool _isCurrent;

    public GrainStream Stream => stream;

    public EventTail Tail => tail;

    public EventReplay<TState, TEvent> Replay { get; } = new(host, states, events, apply, stream.Id);

    public Checkpoints<TState> Checkpoints { get; } = new(states, host.Options, tail, stream.Id, logger);

    public TState State { get; private set; } = new();

    /// <summary>Why the activation can't go on; null while it can.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Opens the stream and replays it. Continues with what a migration brought, if nothing was written since.</summary>
    public async Task ActivateAsync(EventMigration? arrived, CancellationToken cancellationToken = default)
    {
        ILogStream opened = await stream.OpenAsync(cancellationToken);
        if (arrived is null || states is null || !await IsCurrentAsync(arrived.Position, opened, cancellationToken) || !TryResume(arrived, states))
        {
            State = await Replay.RunAsync(opened, s => s.ReplayAsync(cancellationToken), tail);
            Metrics.Replayed.Add(tail.UntriedEvents);
        }

        _isCurrent = true;
    }

    /// <summary>Takes the last checkpoint, if the options want it, and closes the stream.</summary>
    public async Task DeactivateAsync()
    {
        ILogStream handle = stream.Handle!;
        try
        {
            await Checkpoints.Running;
            if (host.Options.CheckpointAtDeactivation && _isCurrent && handle.IsOwner)
                await Checkpoints.TryTakeAsync(() => (handle, State));
        }
        finally
        {
            // A new owner may have dropped the checkpoint or cleared the log.
            _isCurrent &= handle.IsOwner;
            await stream.EndAsync();
        }
    }

    public void Dehydrate(IDehydrationContext target, string key)
    {
        if (_isCurrent && states is not null)
            EventMigration.Write(target, key, State, states, tail, stream.Handle!.Epoch);
    }

    /// <exception cref="GrainLogApplyException">The state's own code failed.</exception>
    public void Apply(Sequence sequence, TEvent change, int bytes, Lsn lsn)
    {
        State = Replay.Apply(State, sequence, change);
        tail.Count(sequence, bytes, lsn);
    }

    /// <summary>Deletes the events and the state. Call it while no checkpoint is being taken.</summary>
    public async ValueTask ClearAsync()
    {
        if (stream.Handle!.Head != Sequence.Zero)
            await stream.DeleteAsync(tail.Version);
        State = new TState();
        tail.StartAt(Sequence.Zero);
    }

    /// <summary>Ends the activation because of an error. Only the first error counts.</summary>
    /// <returns>Whether it was the first.</returns>
    public bool Fail(Exception error)
    {
        if (Fault is not null)
            return false;
        Fault = error;
        _isCurrent = false;
        Log.Faulted(logger, stream.Id, tail.Version, error);
        context.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationError, error, $"The log '{stream.Id}' failed: {error.Message}"));
        return true;
    }

    /// <summary>Returns whether a stream is as it was at a position. Another owner may have deleted it and written as many events, so the last one is compared.</summary>
    private static async ValueTask<bool> IsCurrentAsync(EventPosition position, ILogStream opened, CancellationToken cancellationToken)
    {
        if (opened.Head.Value != position.Version || (opened.Checkpoint ?? Sequence.Zero).Value != position.Saved)
            return false;
        await foreach (LogRecord last in opened.ReadAsync(opened.Head, opened.Head, cancellationToken))
            return last.Lsn.Value == position.LastLsn;
        return opened.Head == Sequence.Zero;
    }

    private bool TryResume(EventMigration arrived, CheckpointCodec<TState> codec)
    {
        try
        {
            State = arrived.Resume(stream.Id, codec, tail);
            return true;
        }
        catch (UnusableCheckpointException e)
        {
            Log.RehydrationFailed(logger, stream.Id, e);
            return false;
        }
    }
}
