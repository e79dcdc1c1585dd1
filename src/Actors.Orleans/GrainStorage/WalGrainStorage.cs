using System.Collections.Concurrent;
using Actors.Orleans.Codecs;
using Actors.Orleans.Streams;
using Actors.Orleans.Hosting;
using Actors.Wal;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace Actors.Orleans.GrainStorage;

/// <summary>
/// Grain storage on log streams. The ETag is the sequence of the last write. Every write and clear is conditional on
/// it and takes the next sequence, so an ETag never comes back.
/// </summary>
internal sealed class WalGrainStorage(LogStoreHost host, LogCodecs codecs, IActivatorProvider activators) : IGrainStorage
{
    private readonly StoredStreams _streams = new(() => host.Store, host.Options);
    private readonly ConcurrentDictionary<Type, object> _codecs = new();

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        LogRecord? last = await _streams.ReadLastAsync(StreamNames.Of(grainId, stateName));
        StoredHead head = StoredHead.Of(last);
        T? state = head.Exists ? CodecOf<T>().Decode(last!.Value) : default;
        grainState.State = state ?? activators.GetActivator<T>().Create();
        grainState.ETag = head.ETag;
        grainState.RecordExists = head.Exists;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        PayloadCodec<T> codec = CodecOf<T>();
        PayloadWriter payload = codec.Encode(grainState.State!);
        try
        {
            StoredHead written = await AppendAsync(StreamNames.Of(grainId, stateName), grainState.ETag, new EventData(payload.Written, codec.Number), exists: true);
            grainState.ETag = written.ETag;
            grainState.RecordExists = true;
        }
        finally
        {
            PayloadWriter.Return(payload);
        }
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        LogStreamId id = StreamNames.Of(grainId, stateName);
        bool exists = StoredHead.Of(await _streams.ReadLastAsync(id)).Exists;

        // Clearing a state that does not exist succeeds and writes nothing. With a stale ETag it fails like a write.
        if (exists || grainState.ETag is not null)
            await AppendAsync(id, grainState.ETag, StateRecord.Cleared, exists: false);
        grainState.State = activators.GetActivator<T>().Create();
        grainState.ETag = null;
        grainState.RecordExists = false;
    }

    /// <summary>Appends a state if the last one has this ETag, whichever silo wrote it.</summary>
    private async ValueTask<StoredHead> AppendAsync(LogStreamId id, string? eTag, EventData state, bool exists)
    {
        for (int attempt = 1; ; attempt++)
        {
            // The first attempt uses the head that is known here. The next ones confirm that it is current.
            StoredStream stored = await (attempt == 1 ? _streams.UseAsync(id) : _streams.UseCurrentAsync(id));
            StoredHead head = stored.Head;
            bool fenced = false;
            try
            {
                if (eTag == head.ETag)
                {
                    AppendResult result = await stored.Stream.AppendStateAsync(state, head.Sequence);
                    return stored.Advance(result.Last, exists);
                }

                if (attempt > 1)
                    throw new InconsistentStateException($"The state of stream '{id}' was changed by another writer; nothing was written.", head.ETag, eTag);
            }
            catch (SequenceConflictException e)
            {
                throw new InconsistentStateException(e.Message, e.Actual.ToString(), eTag, e);
            }
            catch (FencedException e)
            {
                // Another silo has taken the stream over, but may not have written to it. Try again: the ETag decides.
                if (attempt == FencedRetry.MostAttempts)
                    throw new InconsistentStateException(e.Message, head.ETag, eTag, e);
                fenced = true;
            }
            finally
            {
                stored.Release();
            }

            if (fenced)
                await FencedRetry.PauseAsync(attempt, TimeProvider.System);
        }
    }

    private PayloadCodec<T> CodecOf<T>()
        => (PayloadCodec<T>)_codecs.GetOrAdd(typeof(T), static (_, self) => self.NewCodec<T>(), this);

    private PayloadCodec<T> NewCodec<T>() => codecs.ForState<T>(host.Options.Codec);
}
