using Actors.Orleans.GrainLogs;
using Actors.Wal;

namespace Actors.Orleans.Storage;

/// <summary>
/// The streams that grain storage has open. Orleans doesn't tell a storage provider when a grain is gone, so the ones
/// used longest ago are closed when there are too many.
/// </summary>
internal sealed class StoredStreams(Func<ILogStore> store, WriteAheadLogOptions options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<StreamId, Task<StoredStream>> _open = [];
    private long _tick;

    /// <summary>The stream, opened if it isn't; give it back with <see cref="StoredStream.Release"/>.</summary>
    public ValueTask<StoredStream> UseAsync(StreamId id) => UseAsync(id, isCurrent: false);

    /// <summary>The stream as it is now, whichever silo has written to it since it was opened here.</summary>
    public ValueTask<StoredStream> UseCurrentAsync(StreamId id) => UseAsync(id, isCurrent: true);

    private async ValueTask<StoredStream> UseAsync(StreamId id, bool isCurrent)
    {
        while (true)
        {
            Task<StoredStream> opening;
            long tick;
            bool isNew = false;
            lock (_gate)
            {
                tick = ++_tick;
                if (!_open.TryGetValue(id, out opening!))
                {
                    opening = OpenAsync(id);
                    _open.Add(id, opening);
                    isNew = true;
                }
            }

            StoredStream stream;
            try
            {
                stream = await opening.ConfigureAwait(false);
            }
            catch
            {
                Remove(id, opening);
                throw;
            }

            stream.Use(tick);
            bool isUsable = false;
            try
            {
                isUsable = stream.Stream.IsOwner && (!isCurrent || isNew || await stream.Stream.ConfirmOwnershipAsync().ConfigureAwait(false));
            }
            finally
            {
                if (!isUsable)
                    stream.Release();
            }

            if (isUsable)
            {
                await TrimAsync().ConfigureAwait(false);
                return stream;
            }

            // Closed by a trim just now, or taken over by another silo: open it again.
            Remove(id, opening);
        }
    }

    private async Task<StoredStream> OpenAsync(StreamId id)
    {
        ILogStream stream = await store().OpenAsync(id, options.StreamOptionsOf(StreamNames.NameOf(id), options.StateRetention)).ConfigureAwait(false);
        StoredHead head = StoredHead.None;
        await foreach (LogRecord record in stream.ReplayAsync().ConfigureAwait(false))
        {
            if (record.Kind != LogRecordKind.State)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
                throw new InvalidOperationException($"Stream '{id}' holds a grain log, not grain storage; give the state another name.");
            }

            head = new StoredHead(record.Sequence, StateRecord.Exists(record));
        }

        return new StoredStream(stream, head);
    }

    private void Remove(StreamId id, Task<StoredStream> opening)
    {
        lock (_gate)
        {
            if (_open.TryGetValue(id, out Task<StoredStream>? current) && ReferenceEquals(current, opening))
                _open.Remove(id);
        }
    }

    private async ValueTask TrimAsync()
    {
        List<StoredStream>? closed = null;
        lock (_gate)
        {
            if (_open.Count <= options.StorageStreams)
                return;

            // An eighth at a time, so that the sort is paid for by many openings.
            closed = [.. _open.Values
                .Where(t => t.IsCompletedSuccessfully && !t.Result.IsUsed)
                .Select(t => t.Result)
                .OrderBy(s => s.LastUse)
                .Take(Math.Max(1, options.StorageStreams / 8))];
            foreach (StoredStream stream in closed)
                _open.Remove(stream.Stream.Id);
        }

        foreach (StoredStream stream in closed)
            await stream.Stream.DisposeAsync().ConfigureAwait(false);
    }
}
