using Actors.Orleans.GrainLogs;
using Actors.Wal;

namespace Actors.Orleans.Storage;

/// <summary>The streams that grain storage has open.</summary>
internal sealed class StoredStreams
{
    private readonly Func<ILogStore> _store;
    private readonly WriteAheadLogOptions _options;
    private readonly OpenStreams<StoredStream> _streams;

    public StoredStreams(Func<ILogStore> store, WriteAheadLogOptions options)
    {
        _store = store;
        _options = options;
        _streams = new OpenStreams<StoredStream>(OpenAsync, options.StorageStreams);
    }

    /// <inheritdoc cref="OpenStreams{T}.UseAsync(LogStreamId)"/>
    public ValueTask<StoredStream> UseAsync(LogStreamId id) => _streams.UseAsync(id);

    /// <inheritdoc cref="OpenStreams{T}.UseCurrentAsync(LogStreamId)"/>
    public ValueTask<StoredStream> UseCurrentAsync(LogStreamId id) => _streams.UseCurrentAsync(id);

    private async Task<StoredStream> OpenAsync(LogStreamId id)
    {
        ILogStream stream = await _store().OpenAsync(id, _options.StreamOptionsOf(StreamNames.NameOf(id), _options.StateRetention)).ConfigureAwait(false);
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

    /// <summary>Reads a stream's last record without opening the stream; null if there is no such stream. Nothing is created.</summary>
    public ValueTask<LogRecord?> ReadLastAsync(LogStreamId id) => LatestRead.ReadAsync(() => LastOfAsync(_store().ReplayAsync(id)));

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
