using System.Diagnostics;
using Actors.Orleans.Codecs;
using Actors.Orleans.Events;
using Actors.Wal;

namespace Actors.Orleans.ReplayChecks;

/// <summary>
/// Decodes all events that a grain log keeps, and applies those that continue from the beginning or from the last checkpoint. If
/// the whole history is kept, the state that it gives is compared with the checkpoint's state.
/// </summary>
/// <param name="states">Decodes checkpoints; null if states are not serialized.</param>
/// <param name="events">Decodes events.</param>
/// <param name="apply">Applies events; null if that needs a grain.</param>
internal sealed class EventStreamChecker<TState, TEvent>(CheckpointCodec<TState>? states, PayloadCodec<TEvent> events, Func<TState, TEvent, TState>? apply) : StreamChecker
    where TState : class, new()
{
    public override async Task CheckAsync(ILogReader reader, StreamInfo stream, ReplayFindings findings, CancellationToken cancellationToken)
    {
        var skipped = new HashSet<Sequence>();
        (long, long, int) mark = findings.Mark();
        while (await TryCheckAsync(reader, stream, findings, skipped, cancellationToken).ConfigureAwait(false) is { } failed)
        {
            // Check from the beginning again, as a replay does, because the failed event may have changed part of the state.
            skipped.Add(failed);
            findings.Return(mark);
        }
    }

    /// <returns>An event that could not be applied and is to be skipped; null when the check is complete.</returns>
    private async Task<Sequence?> TryCheckAsync(ILogReader reader, StreamInfo stream, ReplayFindings findings, HashSet<Sequence> skipped, CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        (TState? checkpoint, UnusableCheckpointException? unusable) = stream.Checkpoint is null ? default : await ReadCheckpointAsync(reader, stream, findings, cancellationToken).ConfigureAwait(false);

        // Null if the events before the first one kept are not known.
        TState? state = stream.First == Sequence.Zero.Next ? new TState() : null;
        if (stream.First > (stream.Checkpoint ?? stream.Head))
            state = checkpoint;
        await foreach (LogRecord record in reader.ReadAsync(stream.Id, stream.First, stream.Head, cancellationToken).ConfigureAwait(false))
        {
            if (!skipped.Contains(record.Sequence))
            {
                (state, bool isToBeSkipped) = Step(state, record, findings);
                if (isToBeSkipped)
                    return record.Sequence;
            }

            if (record.Sequence != stream.Checkpoint)
                continue;
            if (state is not null && checkpoint is not null && !states!.Same(state, checkpoint))
                findings.Add(stream.Id, record.Sequence, ReplayProblemKind.CheckpointDiffers, $"The events up to {record.Sequence} give another {typeof(TState).Name} than the checkpoint of them.");
            if (unusable is null)
                state = checkpoint;
        }

        if (unusable is not null && stream.First == Sequence.Zero.Next)
            findings.Add(new ReplayRebuild(stream.Id.Value, unusable.Sequence.Value, stream.Head.Value, Stopwatch.GetElapsedTime(begun), unusable.Reason));
        else if (unusable is not null)
            findings.Add(stream.Id, unusable.Sequence, ReplayProblemKind.StateNotDecoded, $"The checkpoint can't be used: {unusable.Reason}. The events before {stream.First} were dropped.");
        return null;
    }

    /// <summary>Returns the checkpoint's state, or the error that makes the checkpoint unusable.</summary>
    private async Task<(TState? State, UnusableCheckpointException? Unusable)> ReadCheckpointAsync(ILogReader reader, StreamInfo stream, ReplayFindings findings, CancellationToken cancellationToken)
    {
        await foreach (LogRecord record in reader.ReplayAsync(stream.Id, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                if (states is null)
                    throw new UnusableCheckpointException(record, $"{typeof(TState)} can't be serialized any more");
                TState state = states.Decode(record).State;
                findings.States++;
                return (state, null);
            }
            catch (UnusableCheckpointException e)
            {
                return (null, e);
            }
        }

        return default;
    }

    /// <summary>Returns the state after an event, null if it is not known, and whether the event failed and is to be skipped.</summary>
    private (TState? State, bool IsToBeSkipped) Step(TState? state, in LogRecord record, ReplayFindings findings)
    {
        IReadOnlyList<TEvent> changes;
        try
        {
            changes = events.DecodeAll(Keyed.EventOf(record, out _));
        }
        catch (GrainLogDecodeException e)
        {
            if (findings.IsSkipped(record))
                return (state, false);
            findings.Add(record.Stream, record.Sequence, ReplayProblemKind.EventNotDecoded, e);
            return default;
        }

        findings.Events++;
        if (state is null || apply is null)
            return default;
        try
        {
            return (changes.Aggregate(state, apply), false);
        }
        catch (Exception e)
        {
            if (findings.IsSkipped(record))
                return (state, true);
            findings.Add(record.Stream, record.Sequence, ReplayProblemKind.EventNotApplied, $"{string.Join(", ", changes.Select(c => c?.GetType().Name))}: {e.Message}");
            return default;
        }
    }
}
