using Actors.Orleans.Codecs;
using Actors.Orleans.Hosting;
using Actors.Orleans.Quarantine;
using Actors.Wal;

namespace Actors.Orleans.GrainLogs;

/// <summary>Builds states from records. Nothing that fails is skipped: the error names stream, sequence and event type.</summary>
internal sealed class GrainLogReplay<TState, TEvent>(LogStoreHost host, PayloadCodec<TState>? states, PayloadCodec<TEvent> events, Func<TState, TEvent, TState> apply, StreamId stream)
    where TState : class, new()
{
    /// <summary>The state after all records, of which a checkpoint may be the first.</summary>
    /// <param name="read">Gives what the stream holds.</param>
    /// <param name="tail">Counts the records, where the state is to become the grain's own. The stream is quarantined then if it can't.</param>
    public async ValueTask<TState> RunAsync(Func<IAsyncEnumerable<LogRecord>> read, GrainLogTail? tail = null)
    {
        HashSet<Sequence> skipped = [];
        while (true)
        {
            try
            {
                TState state = await RunAsync(read(), tail, skipped);
                if (tail is not null)
                    host.Quarantine.Leave(stream);
                return state;
            }
            catch (Exception e) when (e is GrainLogDecodeException or GrainLogApplyException)
            {
                // From the beginning again, without the event: to try it may have changed the state by half.
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

    private async ValueTask<TState> RunAsync(IAsyncEnumerable<LogRecord> records, GrainLogTail? tail, HashSet<Sequence> skipped)
    {
        var state = new TState();
        tail?.StartAt(Sequence.Zero);
        await foreach (LogRecord record in records)
        {
            switch (record.Kind)
            {
                case LogRecordKind.Checkpoint:
                    (state, IReadOnlyList<KeyValuePair<string, Sequence>> keys) = Keyed.Decode(
                        record, states ?? throw new InvalidOperationException($"Stream '{stream}' has a checkpoint of {typeof(TState)}, which can't be serialized any more."));
                    tail?.StartAt(record.Sequence, keys);
                    break;
                case LogRecordKind.Event:
                    LogRecord bare = Keyed.EventOf(record, out string? key);
                    if (skipped.Contains(record.Sequence))
                        host.Quarantine.Skipped(stream, record.Sequence);
                    else
                        state = Apply(state, record.Sequence, events.Decode(bare));
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
