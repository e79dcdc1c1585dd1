using Actors.Orleans.Codecs;
using Actors.Orleans.Streams;
using Actors.Wal;
using Microsoft.Extensions.Logging;

namespace Actors.Orleans.Events;

/// <summary>Takes the checkpoints of one grain's log, one at a time, in turns of the grain.</summary>
/// <param name="codec">Encodes the state; null for a state that can't be encoded. Then no checkpoints are taken.</param>
/// <param name="options">The options that say when a checkpoint is due.</param>
/// <param name="tail">The log's position.</param>
/// <param name="stream">The stream, for messages.</param>
/// <param name="logger">Logs checkpoints that failed.</param>
internal sealed class Checkpoints<TState>(CheckpointCodec<TState>? codec, WriteAheadLogOptions options, EventTail tail, LogStreamId stream, ILogger logger)
{
    private Task _running = Task.CompletedTask;

    /// <summary>Completes when the current checkpoint has ended. Never fails.</summary>
    public Task Running => _running;

    /// <summary>Takes a checkpoint in the background, if it is due. An error is logged, and makes the next replay longer.</summary>
    public void TakeWhenDue(ILogStream log, TState state)
    {
        if (tail.IsDue(options) && _running.IsCompleted && codec is not null)
            _running = TrySaveAsync(log, state, codec);
    }

    /// <summary>Waits for the current checkpoint, then takes one if there were events since the last.</summary>
    /// <param name="now">Returns the log and the state when the checkpoint begins. Both may have changed since the call.</param>
    public async ValueTask TakeAsync(Func<(ILogStream Log, TState State)> now)
    {
        while (!_running.IsCompleted)
            await _running;

        // Nothing is awaited between reading the state and reading its version.
        if (tail.IsSaved || codec is null)
            return;
        (ILogStream log, TState state) = now();
        Task saving = SaveAsync(log, state, codec);
        _running = saving.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await saving;
    }

    /// <summary>As <see cref="TakeAsync"/>, but logs an error instead of failing.</summary>
    public async Task TryTakeAsync(Func<(ILogStream Log, TState State)> now)
    {
        try
        {
            await TakeAsync(now);
        }
        catch (Exception e)
        {
            Log.CheckpointFailed(logger, stream, tail.Version, e);
        }
    }

    private async Task TrySaveAsync(ILogStream log, TState state, CheckpointCodec<TState> states)
    {
        try
        {
            await SaveAsync(log, state, states);
        }
        catch (Exception e)
        {
            Log.CheckpointFailed(logger, stream, tail.Version, e);
        }
    }

    /// <summary>Encodes the current state and takes its version before anything is awaited, then appends the checkpoint.</summary>
    private async Task SaveAsync(ILogStream log, TState state, CheckpointCodec<TState> states)
    {
        Sequence version = tail.Version;
        tail.Try();
        PayloadWriter payload = states.Encode(state, tail.Keys, out byte number);
        try
        {
            await StreamErrors.TranslateAsync(log.CheckpointAsync(version, new EventData(payload.Written, number)));
            tail.Save(version);
            Metrics.Checkpoints.Add(1);
        }
        finally
        {
            PayloadWriter.Return(payload);
        }
    }
}
