using Actors.Orleans.Codecs;
using Actors.Wal;
using Microsoft.Extensions.Logging;

namespace Actors.Orleans.GrainLogs;

/// <summary>Takes the checkpoints of one grain's log, one at a time, in turns of the grain.</summary>
/// <param name="codec">Encodes the state; null for one that can't be, of which no checkpoint is taken.</param>
/// <param name="options">When one is due.</param>
/// <param name="tail">Where the log stands.</param>
/// <param name="stream">The stream, for messages.</param>
/// <param name="logger">Told of one that failed in the background.</param>
internal sealed class Checkpoints<TState>(CheckpointCodec<TState>? codec, WriteAheadLogOptions options, GrainLogTail tail, StreamId stream, ILogger logger)
{
    private Task _running = Task.CompletedTask;

    /// <summary>Ends with the checkpoint that is being taken, and never fails.</summary>
    public Task Running => _running;

    /// <summary>Takes one in the background, if it is due. What goes wrong is logged, and costs a longer replay.</summary>
    public void TakeWhenDue(ILogStream log, TState state)
    {
        if (tail.IsDue(options) && _running.IsCompleted && codec is not null)
            _running = TrySaveAsync(log, state, codec);
    }

    /// <summary>Takes one if there were events since the last, after the one that is being taken.</summary>
    /// <param name="now">Gives the log and the state as they are when the checkpoint begins: they may have gone on since the call.</param>
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

    /// <summary>Takes one if there were events since the last, after the one that is being taken; what goes wrong is logged.</summary>
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

    /// <summary>Encodes the state at once, and the version that it has now; then appends.</summary>
    private async Task SaveAsync(ILogStream log, TState state, CheckpointCodec<TState> states)
    {
        Sequence version = tail.Version;
        tail.Try();
        PayloadWriter payload = states.Encode(state, tail.Keys, out byte number);
        try
        {
            await log.CheckpointAsync(version, new EventData(payload.Written, number));
            tail.Save(version);
            Metrics.Checkpoints.Add(1);
        }
        catch (Exception e)
        {
            throw LogErrors.Translate(e);
        }
        finally
        {
            PayloadWriter.Return(payload);
        }
    }
}
