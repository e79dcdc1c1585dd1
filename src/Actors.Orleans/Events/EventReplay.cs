using Actors.Orleans.Codecs;
using Actors.Orleans.Hosting;
using Actors.Orleans.Quarantine;
using Actors.Wal;

namespace Actors.Orleans.Events;

/// <summary>Builds states from records. An event that fails ends the replay with an error, unless an operator told replay to skip it.</summary>
internal sealed class EventReplay<TState, TEvent>(LogStoreHost host, CheckpointCodec<TState>? states, PayloadCodec<TEvent> events, Func<TState, TEvent, TState> apply, LogStreamId stream)
    where TState : class, new()
{
    /// <summary>Returns the state after all records. The first record may be a checkpoint. If it can't be used, all events are replayed.</summary>
    /// <param name="log">The stream.</param>
    /// <param name="read">Returns the records of the stream that are to be replayed.</param>
    /// <param name="tail">Counts the records of an activation, whose stream is quarantined if the replay fails; null for other reads.</param>
    /// <exception cref="GrainLogDecodeException">An event can't be decoded.</exception>
    /// <exception cref="GrainLogApplyException">An event can't be applied.</exception>
    /// <exception cref="GrainLogCheckpointException">The checkpoint can't be used, and not all events before it are kept.</exception>
    public async ValueTask<TState> RunAsync(ILogStream log, Func<ILogStream, IAsyncEnumerable<LogRecord>> read, EventTail? tail = null)
    {
        HashSet<Sequence> skipped = [];
        while (true)
        {
            try
            {
                TState state = await RunAsync(read(log), tail, skipped);
                if (tail is not null)
                    host.Quarantine.Leave(stream);
                return state;
            }
            catch (UnusableCheckpointException e)
            {
                read = await RebuildingAsync(log, read, e, tail is not null);
            }
            catch (Exception e) when (e is GrainLogDecodeException or GrainLogApplyException)
            {
                // Replay from the beginning without the event, because the failed attempt may have changed part of the state.
                Sequence version = StreamQuarantine.VersionOf(e)!.Value;
                if (!skipped.Contains(version) && (await StreamQuarantine.SkippedAsync(host.Store, stream)).Contains(version))
                {
                    skipped.Add(version);
                    continue;
                }

                if (tail is not null)
                    host.Quarantine.Enter(stream, e);
                throw;
            }
        }
    }

    /// <summary>Returns a read of all events, in place of the checkpoint that can't be used and the events after it.</summary>
    private async ValueTask<Func<ILogStream, IAsyncEnumerable<LogRecord>>> RebuildingAsync(
        ILogStream log, Func<ILogStream, IAsyncEnumerable<LogRecord>> read, UnusableCheckpointException unusable, bool isActivation)
    {
        if (log.First > Sequence.Zero.Next)
        {
            var error = new GrainLogCheckpointException(stream, unusable.Sequence, log.First, unusable);
            if (isActivation)
                host.Quarantine.Enter(stream, error);
            throw error;
        }

        Sequence last = unusable.Sequence;
        await foreach (LogRecord record in read(log))
            last = record.Sequence > last ? record.Sequence : last;
        if (isActivation)
        {
            Metrics.Rebuilt.Add(1);
            host.Quarantine.Rebuilding(stream, unusable.Sequence, last, unusable.Reason);
        }

        return all => last == Sequence.Zero ? AsyncEnumerable.Empty<LogRecord>() : all.ReadAsync(Sequence.Zero.Next, last);
    }

    /// <summary>Decodes the events of a record: one, unless an upcaster splits it; none if it can't be decoded and is to be skipped.</summary>
    /// <exception cref="GrainLogDecodeException">The record can't be decoded and is not to be skipped.</exception>
    public async ValueTask<(IReadOnlyList<TEvent> Changes, string? Key)> DecodeAsync(LogRecord record)
    {
        try
        {
            LogRecord bare = Keyed.EventOf(record, out string? key);
            return (events.DecodeAll(bare), key);
        }
        catch (GrainLogDecodeException)
        {
            if (!(await StreamQuarantine.SkippedAsync(host.Store, stream)).Contains(record.Sequence))
                throw;
            host.Quarantine.Skipped(stream, record.Sequence);
            return ([], null);
        }
    }

    private async ValueTask<TState> RunAsync(IAsyncEnumerable<LogRecord> records, EventTail? tail, HashSet<Sequence> skipped)
    {
        var state = new TState();
        tail?.StartAt(Sequence.Zero);
        await foreach (LogRecord record in records)
        {
            switch (record.Kind)
            {
                case LogRecordKind.Checkpoint:
                    (state, IReadOnlyList<KeyValuePair<string, Sequence>> keys) = states?.Decode(record)
                        ?? throw new UnusableCheckpointException(record, $"{typeof(TState)} can't be serialized any more");
                    tail?.StartAt(record.Sequence, keys);
                    break;
                case LogRecordKind.Event:
                    LogRecord bare = Keyed.EventOf(record, out string? key);
                    if (skipped.Contains(record.Sequence))
                        host.Quarantine.Skipped(stream, record.Sequence);
                    else if (!events.Splits)
                        state = Apply(state, record.Sequence, events.Decode(bare));
                    else
                        state = events.DecodeAll(bare).Aggregate(state, (before, change) => Apply(before, record.Sequence, change));
                    tail?.Count(record.Sequence, bare.Payload.Length, record.Lsn);
                    if (key is not null)
                        tail?.Keys.Add(key, record.Sequence);
                    break;
                default:
                    throw new InvalidOperationException($"Stream '{stream}' holds grain storage, not a grain log; give the log another name.");
            }
        }

        return state;
    }

    /// <exception cref="GrainLogApplyException">The state's own code failed.</exception>
    public TState Apply(TState state, Sequence sequence, TEvent change)
    {
        try
        {
            return apply(state, change);
        }
        catch (Exception e)
        {
            throw new GrainLogApplyException(stream, sequence, change?.GetType().Name ?? "null", e);
        }
    }
}
