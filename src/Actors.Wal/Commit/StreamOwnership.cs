using Actors.Wal.Streams;

namespace Actors.Wal.Commit;

/// <summary>
/// Says which owner may append to a stream. Each opening of a stream is an owner of its own, with a greater epoch than all before. Owners
/// change under the append queue's lock, so every append is of the owner before or of the one after.
/// </summary>
internal sealed class StreamOwnership(AppendQueue queue, AppendRequestPool requests, StreamTable streams, Publication publication, long directoryEpoch)
{
    private int _opens;

    /// <summary>Opens a stream for a new owner. The owner before loses it, and its appends in flight complete first.</summary>
    public async ValueTask<(StreamState State, Epoch Epoch)> TakeAsync(LogStreamId id)
    {
        while (true)
        {
            StreamState state = streams.Acquire(id);
            var epoch = new Epoch((directoryEpoch << 32) | (uint)Interlocked.Increment(ref _opens));
            (bool settled, bool deleted, CancellationTokenSource? lost) = queue.Exclusive(() => Take(state, epoch));
            if (lost is not null)
                _ = lost.CancelAsync();
            try
            {
                if (!settled)
                    await requests.RentBarrier(SyncPolicy.Never).SubmitTo(queue, CancellationToken.None).ConfigureAwait(false);
            }
            catch
            {
                streams.Release(state);
                throw;
            }

            if (!deleted)
                return (state, epoch);
            streams.Forget(state);
        }
    }

    /// <summary>Whether an owner may append now.</summary>
    public bool MayAppend(StreamState state, Epoch epoch) => queue.Failure is null && Has(state, epoch);

    /// <summary>Whether an epoch still owns the stream and the stream is not deleted. A failure of the store does not change that.</summary>
    public bool Has(StreamState state, Epoch epoch) => queue.Exclusive(() => state.OwnerEpoch == epoch && !state.Pending.Deleted);

    /// <summary>Returns a token that is cancelled when another owner takes over, or already cancelled if that has happened.</summary>
    public CancellationToken LostToken(StreamState state, Epoch epoch) => queue.Exclusive(() =>
    {
        if (state.OwnerEpoch == epoch)
            return (state.OwnerLost ??= new CancellationTokenSource()).Token;
        return new CancellationToken(canceled: true);
    });

    /// <summary>Ends an owner's right to append, waits for its appends in flight, and releases the stream.</summary>
    public async ValueTask GiveBackAsync(StreamState state, Epoch epoch)
    {
        bool settled = queue.Exclusive(() =>
        {
            if (state.OwnerEpoch == epoch)
            {
                state.OwnerEpoch = Epoch.Zero;
                state.OwnerLost = null;
            }

            return IsSettled(state);
        });
        try
        {
            if (!settled)
                await requests.RentBarrier(SyncPolicy.Never).SubmitTo(queue, CancellationToken.None).ConfigureAwait(false);
        }
        catch (LogStoreException)
        {
            // The store is closed or has failed. The appends report the failure to their callers.
        }

        streams.Release(state);
    }

    private (bool Settled, bool Deleted, CancellationTokenSource? Lost) Take(StreamState state, Epoch epoch)
    {
        CancellationTokenSource? lost = state.OwnerLost;
        state.OwnerLost = null;
        state.OwnerEpoch = epoch;
        return (IsSettled(state), state.Pending.Deleted, lost);
    }

    private bool IsSettled(StreamState state) => state.Pending.HeadLocation == publication.ViewOf(state).HeadLocation;
}
