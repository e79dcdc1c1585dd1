using Actors.Orleans.Streams;
using Actors.Wal;

namespace Actors.Orleans.GrainStorage;

/// <summary>The streams that grain storage has open.</summary>
internal sealed class StoredStreams(Func<ILogStore> store, WriteAheadLogOptions options) : OpenStreams<StoredStream>(id => OpenAsync(store(), id, options), options.StorageStreams)
{
    /// <summary>Reads a stream's last record without opening the stream; null if there is no such stream. Nothing is created.</summary>
    public ValueTask<LogRecord?> ReadLastAsync(LogStreamId id) => LatestRead.ReadAsync(() => LastOfAsync(store().ReplayAsync(id)));

    private static async Task<StoredStream> OpenAsync(ILogStore store, LogStreamId id, WriteAheadLogOptions options)
    {
        ILogStream stream = await store.OpenAsync(id, options.StreamOptionsOf(StreamNames.NameOf(id), options.StateRetention)).ConfigureAwait(false);
        try
        {
            return new StoredStream(stream, StoredHead.Of(await LastOfAsync(stream.ReplayAsync()).ConfigureAwait(false)));
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async ValueTask<LogRecord?> LastOfAsync(IAsyncEnumerable<LogRecord> records)
    {
        LogRecord? last = null;
        await foreach (LogRecord record in records.ConfigureAwait(false))
        {
            if (record.Kind != LogRecordKind.State)
                throw new InvalidOperationException($"Stream '{record.Stream}' holds a grain log, not grain storage; give the state another name.");

            // The reader may reuse its buffer when the enumeration moves on.
            last = new LogRecord(
                record.Kind, record.Sequence, record.Lsn, record.Time, record.Epoch, record.Codec, record.Payload.ToArray(), record.Stream);
        }

        return last;
    }
}
