using Actors.Orleans.Codecs;
using Actors.Wal;

namespace Actors.Orleans.GrainLogs;

/// <summary>Builds states from records. Nothing that fails is skipped: the error names stream, sequence and event type.</summary>
internal sealed class GrainLogReplay<TState, TEvent>(PayloadCodec<TState>? states, PayloadCodec<TEvent> events, Func<TState, TEvent, TState> apply, StreamId stream)
    where TState : class, new()
{
    /// <summary>The state after all records, of which a checkpoint may be the first.</summary>
    /// <param name="records">What the stream gave.</param>
    /// <param name="tail">Counts the records, where the state is to become the grain's own.</param>
    public async ValueTask<TState> RunAsync(IAsyncEnumerable<LogRecord> records, GrainLogTail? tail = null)
    {
        var state = new TState();
        await foreach (LogRecord record in records)
        {
            switch (record.Kind)
            {
                case LogRecordKind.Checkpoint:
                    state = (states ?? throw new InvalidOperationException($"Stream '{stream}' has a checkpoint of {typeof(TState)}, which can't be serialized any more.")).Decode(record);
                    tail?.StartAt(record.Sequence);
                    break;
                case LogRecordKind.Event:
                    state = Apply(state, record.Sequence, events.Decode(record));
                    tail?.Count(record.Sequence, record.Payload.Length, record.Lsn);
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
