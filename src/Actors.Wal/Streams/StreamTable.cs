using Actors.Wal.Commit;
using Actors.Wal.Format;
using Actors.Wal.Index;
using Actors.Wal.Reading;

namespace Actors.Wal.Streams;

/// <summary>
/// The streams that are open. A stream is loaded once however many handles it has, and written back to the index when
/// the last one is closed. Stripes keep loading and closing of one stream apart without a lock around the disk reads of others.
/// </summary>
internal sealed class StreamTable(StreamIndex index, StreamLoader loader, Publication publication)
{
    private const int StripeCount = 64;

    private readonly Stripe[] _stripes = [.. Enumerable.Range(0, StripeCount).Select(_ => new Stripe())];

    public long OpenCount => _stripes.Sum(s => (long)s.Count);

    /// <summary>The stream's state, with one handle more.</summary>
    public StreamState Acquire(StreamId id)
    {
        Stripe stripe = StripeOf(id);
        lock (stripe.Gate)
        {
            if (!stripe.Open.TryGetValue(id, out StreamState? state))
            {
                state = loader.Load(id);
                stripe.Open.Add(id, state);
            }

            state.Handles++;
            return state;
        }
    }

    /// <summary>Gives a handle back. The stream's appends must be acknowledged, or the store failed.</summary>
    public void Release(StreamState state)
    {
        Stripe stripe = StripeOf(state.Id);
        lock (stripe.Gate)
        {
            if (--state.Handles > 0 || !IsCurrent(stripe, state))
                return;
            WriteBack(state);
            stripe.Open.Remove(state.Id);
        }
    }

    /// <summary>Drops a stream whose deletion was acknowledged: the next one to open it finds nothing.</summary>
    public void Forget(StreamState state)
    {
        Stripe stripe = StripeOf(state.Id);
        lock (stripe.Gate)
        {
            if (!IsCurrent(stripe, state))
                return;
            WriteBack(state);
            stripe.Open.Remove(state.Id);
        }
    }

    /// <summary>Where a stream stands, open or not.</summary>
    public StreamState Peek(StreamId id, byte[] idBytes, ulong hash, FrameReader reader)
    {
        Stripe stripe = StripeOf(id);
        lock (stripe.Gate)
        {
            return stripe.Open.TryGetValue(id, out StreamState? state)
                ? new StreamState(id, idBytes, hash, publication.ViewOf(state), default)
                : loader.Load(id, idBytes, hash, reader);
        }
    }

    /// <summary>All streams, as of the call or later.</summary>
    /// <exception cref="LogCorruptException">Some are damaged. Thrown once all others were given.</exception>
    public IEnumerable<StreamInfo> Describe(CancellationToken cancellationToken = default) => loader.DescribeAll(WriteBackAll, cancellationToken);

    /// <summary>Brings the index up to date with all open streams, for a listing or a snapshot.</summary>
    public void WriteBackAll()
    {
        foreach (Stripe stripe in _stripes)
        {
            lock (stripe.Gate)
            {
                foreach (StreamState state in stripe.Open.Values)
                    WriteBack(state);
            }
        }
    }

    private Stripe StripeOf(StreamId id) => _stripes[(uint)id.GetHashCode() % StripeCount];

    private static bool IsCurrent(Stripe stripe, StreamState state)
        => stripe.Open.TryGetValue(state.Id, out StreamState? current) && ReferenceEquals(current, state);

    private void WriteBack(StreamState state)
    {
        StreamView view = publication.ViewOf(state);
        FrameLocation? head = view.Deleted ? null : view.HeadLocation;
        if (head == state.Indexed)
            return;
        if (head is null)
            index.Remove(state.Hash, state.Indexed!.Value);
        else if (state.Indexed is { } old)
            index.Replace(state.Hash, old, head.Value);
        else
            index.Add(state.Hash, head.Value);
        state.Indexed = head;
    }

    private sealed class Stripe
    {
        public Lock Gate { get; } = new();

        public Dictionary<StreamId, StreamState> Open { get; } = [];

        public int Count
        {
            get
            {
                lock (Gate)
                    return Open.Count;
            }
        }
    }
}
