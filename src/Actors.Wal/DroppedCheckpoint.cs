namespace Actors.Wal;

/// <summary>Drops a checkpoint by hand: writes a newer checkpoint without a state, so that the grain replays all its events.</summary>
internal static class DroppedCheckpoint
{
    /// <summary>Drops a stream's checkpoint and fences the stream's owner. Durable when it returns.</summary>
    /// <param name="store">The store.</param>
    /// <param name="stream">A grain log's stream.</param>
    /// <param name="cancellationToken">Cancels the call unless the record is accepted already.</param>
    /// <returns>The sequence of the dropped checkpoint.</returns>
    /// <exception cref="ArgumentException">The stream is missing or no grain log, or lacks a checkpoint or events to rebuild the state.</exception>
    public static async Task<Sequence> WriteAsync(ILogStore store, LogStreamId stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (await store.FindAsync(stream, cancellationToken).ConfigureAwait(false) is not { } found)
            throw new ArgumentException($"There is no stream '{stream}'.", nameof(stream));
        RequireDroppable(stream, found.First, found.Checkpoint);
        await using ILogStream log = await store.OpenAsync(stream, new StreamOptions { Retention = Retention.All }, cancellationToken).ConfigureAwait(false);
        await foreach (LogRecord record in log.ReplayAsync(cancellationToken).ConfigureAwait(false))
        {
            if (record.Kind == LogRecordKind.State)
                throw new ArgumentException($"Stream '{stream}' is no grain log: it holds states, not events.", nameof(stream));
            break;
        }

        // Check again: before this fence, the owner may have taken another checkpoint and dropped events.
        Sequence checkpoint = RequireDroppable(stream, log.First, log.Checkpoint);
        await log.CheckpointAsync(log.Head, new EventData(ReadOnlyMemory<byte>.Empty, StatePayload.NoState), cancellationToken).ConfigureAwait(false);
        return checkpoint;
    }

    private static Sequence RequireDroppable(LogStreamId stream, Sequence first, Sequence? at)
    {
        if (at is not { } checkpoint)
            throw new ArgumentException($"Stream '{stream}' has no checkpoint.", nameof(stream));
        return first > Sequence.Zero.Next
            ? throw new ArgumentException($"Stream '{stream}' keeps its events from {first} on: without its checkpoint at {checkpoint} its state could not be rebuilt.", nameof(stream))
            : checkpoint;
    }
}
