using System.Diagnostics;
using System.Runtime.CompilerServices;
using Actors.Orleans.Codecs;
using Actors.Orleans.Events;
using Actors.Orleans.ReplayChecks;
using Actors.Wal;

namespace Actors.Orleans.Kinds;

/// <summary>Grain logs and the logs of journaled grains: events, from which states are made, and checkpoints of these states.</summary>
/// <param name="states">Decodes checkpoints; null if states are not serialized.</param>
/// <param name="events">Decodes events.</param>
/// <param name="apply">Applies events; null if that needs a grain.</param>
internal sealed class EventStreamKind<TState, TEvent>(CheckpointCodec<TState>? states, PayloadCodec<TEvent> events, Func<TState, TEvent, TState>? apply) : StreamKind
    where TState : class, new()
{
    public override Type State => typeof(TState);

    public override IReadOnlyList<object> Decode(in LogRecord record, out string? key)
    {
        key = null;
        return record.Kind switch
        {
            LogRecordKind.Event => [.. events.DecodeAll(Keyed.EventOf(record, out key)).Cast<object>()],
            LogRecordKind.Checkpoint when states is not null => [states.Decode(record).State],
            _ => [],
        };
    }

    public override async IAsyncEnumerable<StateAt> StatesAsync(IStreamReader reader, StreamInfo stream, Sequence from, Sequence to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (apply is null)
            throw new StateUnknownException($"The grain class applies events itself, and only an activation of it can make a {typeof(TState).Name}.");
        var told = (await SkippedEvents.ReadAsync(reader, cancellationToken).ConfigureAwait(false)).ToLookup(s => (s.Stream, s.Sequence));
        (Sequence start, TState? checkpoint) = await BaseOfAsync(reader, stream, from, cancellationToken).ConfigureAwait(false);
        var skipped = new HashSet<Sequence>();
        long given = from.Value - 1;
        bool isWhole;
        do
        {
            isWhole = true;
            TState state = checkpoint ?? new TState();
            checkpoint = null;
            if (start.Value > given)
            {
                given = start.Value;
                yield return new StateAt(start, state);
            }

            await foreach (LogRecord record in reader.ReadAsync(stream.Id, start.Next, to, cancellationToken).ConfigureAwait(false))
            {
                if (!skipped.Contains(record.Sequence) && TryApply(ref state, record) is { } error)
                {
                    if (!told[(record.Stream, record.Sequence)].Any(s => s.IsOf(record)))
                        throw new StateUnknownException($"Event {record.Sequence} can't be replayed: {error.Message}", error);

                    // Replay from the start again without the event, because the failed attempt may have changed part of the state.
                    skipped.Add(record.Sequence);
                    isWhole = false;
                    break;
                }

                if (record.Sequence.Value <= given)
                    continue;
                given = record.Sequence.Value;
                yield return new StateAt(record.Sequence, state);
            }

            if (!isWhole)
                (start, checkpoint) = await BaseOfAsync(reader, stream, from, cancellationToken).ConfigureAwait(false);
        }
        while (!isWhole);
    }

    /// <summary>Returns where a replay to a sequence starts, and the checkpoint's state there; null for the beginning.</summary>
    private async Task<(Sequence Start, TState? State)> BaseOfAsync(IStreamReader reader, StreamInfo stream, Sequence from, CancellationToken cancellationToken)
    {
        bool isKept = stream.First == Sequence.Zero.Next;
        UnusableCheckpointException? unusable = null;
        if (stream.Checkpoint is { } at && at <= from)
        {
            (TState? state, unusable) = await ReadCheckpointAsync(reader, stream, cancellationToken).ConfigureAwait(false);
            if (state is not null)
                return (at, state);
        }

        if (isKept)
            return (Sequence.Zero, null);
        throw unusable is not null
            ? new StateUnknownException($"{unusable.Message} The events before {stream.First} were dropped.", unusable)
            : new StateUnknownException($"The events before {stream.First} were dropped, and the last checkpoint stands at {stream.Checkpoint}: earlier states can't be made.");
    }

    private Exception? TryApply(ref TState state, in LogRecord record)
    {
        try
        {
            state = events.DecodeAll(Keyed.EventOf(record, out _)).Aggregate(state, apply!);
            return null;
        }
        catch (Exception e)
        {
            return e is GrainLogDecodeException { InnerException: { } inner } ? inner : e;
        }
    }

    /// <summary>
    /// Decodes all events that a log keeps, and applies those that continue from the beginning or from the last checkpoint. If the whole
    /// history is kept, the state that it gives is compared with the checkpoint's state.
    /// </summary>
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
        (TState? checkpoint, UnusableCheckpointException? unusable) = stream.Checkpoint is null ? default : await ReadCheckpointAsync(reader, stream, cancellationToken).ConfigureAwait(false);
        if (checkpoint is not null)
            findings.States++;

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
    private async Task<(TState? State, UnusableCheckpointException? Unusable)> ReadCheckpointAsync(IStreamReader reader, StreamInfo stream, CancellationToken cancellationToken)
    {
        await foreach (LogRecord record in reader.ReplayAsync(stream.Id, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                if (states is null)
                    throw new UnusableCheckpointException(record, $"{typeof(TState)} can't be serialized any more");
                return (states.Decode(record).State, null);
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
