using Actors.Orleans.Streams;
using Actors.Orleans.Hosting;
using Actors.Wal;
using Microsoft.Extensions.Logging;

namespace Actors.Orleans.Reminders;

/// <summary>
/// The reminders of all grains whose hash begins with the same bits. One stream holds their changes. This silo takes the stream over
/// to write to it, and reads it without ownership.
/// </summary>
internal sealed class ReminderPartition(LogStoreHost host, LogStreamId id, TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly StreamOptions LastCheckpoint = new() { Retention = Retention.Last };

    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<ReminderKey, Reminder> _reminders = [];
    private readonly SnapshotTail _tail = new();
    private readonly GrainStream _stream = new(() => host.Store, id, LastCheckpoint, activation: null);
    private Sequence _known = Sequence.Zero;

    /// <summary>Returns the current reminders of this partition that fit.</summary>
    public async Task<List<ReminderEntry>> ReadAsync(Func<ReminderKey, bool> fits, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await CatchUpAsync(cancellationToken).ConfigureAwait(false);
            return [.. _reminders.Where(r => fits(r.Key)).Select(r => r.Value.ToEntry(r.Key))];
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Registers or updates a reminder, whatever its ETag.</summary>
    /// <returns>Its ETag.</returns>
    public async Task<string> UpsertAsync(ReminderEntry entry, CancellationToken cancellationToken)
        => (await WriteAsync(() => ReminderRecord.OfUpsert(entry), cancellationToken).ConfigureAwait(false))!.Value.ToString();

    /// <summary>Removes a reminder.</summary>
    /// <returns>Whether the reminder existed with this ETag.</returns>
    public async Task<bool> RemoveAsync(ReminderKey key, string eTag, CancellationToken cancellationToken)
        => await WriteAsync(
            () => _reminders.TryGetValue(key, out Reminder reminder) && reminder.ETag == eTag ? ReminderRecord.OfRemove(key) : null,
            cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>Removes all reminders.</summary>
    public async Task ClearAsync(CancellationToken cancellationToken)
        => await WriteAsync(() => _reminders.Count > 0 ? ReminderRecord.OfClear() : null, cancellationToken).ConfigureAwait(false);

    /// <summary>Closes the stream, if this silo has it open.</summary>
    public async Task CloseAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await _stream.CloseAsync().ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>Appends a change that is made from the current reminders.</summary>
    /// <param name="change">Makes the event; returns null when there is nothing to write.</param>
    /// <param name="cancellationToken">Stops a call that has not been accepted yet.</param>
    /// <returns>The event's sequence; null when nothing was written.</returns>
    private async Task<Sequence?> WriteAsync(Func<EventData?> change, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (int attempt = 1; ; attempt++)
            {
                ILogStream stream = await OwnAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    if (change() is not { } data)
                    {
                        // The reminders that are known here may be old.
                        if (await stream.ConfirmOwnershipAsync(cancellationToken).ConfigureAwait(false))
                            return null;
                        continue;
                    }

                    AppendResult result = await stream.AppendAsync(data, _known, cancellationToken).ConfigureAwait(false);
                    Apply(new LogRecord(LogRecordKind.Event, result.Last, default, default, stream.Epoch, data.Codec, data.Payload, id));
                    await CheckpointAsync(stream).ConfigureAwait(false);
                    return result.Last;
                }
                catch (AppendRejectedException e) when (e is FencedException or SequenceConflictException && attempt < FencedRetry.MostAttempts)
                {
                    await _stream.CloseAsync().ConfigureAwait(false);
                    await FencedRetry.PauseAsync(attempt, time, cancellationToken).ConfigureAwait(false);
                }
                catch
                {
                    await _stream.CloseAsync().ConfigureAwait(false);
                    throw;
                }
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Returns the stream, read up to its head. This silo owns it, as far as it knows.</summary>
    private async Task<ILogStream> OwnAsync(CancellationToken cancellationToken)
    {
        if (_stream.Handle is { IsOwner: true } owned)
            return owned;
        await _stream.CloseAsync().ConfigureAwait(false);
        ILogStream stream = await _stream.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await CatchUpAsync(cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await _stream.CloseAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Reads the records that any silo has written since the last read.</summary>
    private async Task CatchUpAsync(CancellationToken cancellationToken)
        => await LatestRead.ReadAsync(async () =>
        {
            if (await host.Store.FindAsync(id, cancellationToken).ConfigureAwait(false) is not { } stream || stream.Head == _known)
                return _known;
            bool isFollowed = _known > Sequence.Zero && stream.First <= _known.Next;
            await foreach (LogRecord record in (isFollowed
                ? host.Store.ReadAsync(id, _known.Next, stream.Head, cancellationToken)
                : host.Store.ReplayAsync(id, cancellationToken)).ConfigureAwait(false))
            {
                if (isFollowed && record.Sequence != _known.Next)
                    break;
                Apply(record);
            }

            // The read may be incomplete, because the owner's checkpoint has truncated events meanwhile. Then it is repeated.
            return _known >= stream.Head ? _known : throw new HistoryTruncatedException(id, stream.First);
        }).ConfigureAwait(false);

    private void Apply(in LogRecord record)
    {
        ReminderRecord.Apply(record, _reminders);
        if (record.Kind == LogRecordKind.Checkpoint)
            _tail.StartAt(record.Payload.Length);
        else
            _tail.Count(record.Payload.Length);
        _known = record.Sequence;
    }

    private async Task CheckpointAsync(ILogStream stream)
    {
        if (!_tail.IsLong(host.Options))
            return;
        EventData state = ReminderRecord.OfCheckpoint(_reminders);
        try
        {
            await stream.CheckpointAsync(_known, state).ConfigureAwait(false);
        }
        catch (LogStoreException e)
        {
            // The change itself is durable. The next checkpoint is tried when the tail is as long again.
            Log.CheckpointFailed(logger, id, _known, e);
        }

        _tail.StartAt(state.Payload.Length);
    }
}
