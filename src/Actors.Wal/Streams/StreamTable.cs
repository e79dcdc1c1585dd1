using Actors.Wal.Format;
using Actors.Wal.Index;
using Actors.Wal.Reading;

namespace Actors.Wal.Streams;

/// <summary>
/// The open streams. A stream is loaded once for all of its handles, and written back to the index when the last one is closed.
/// Striped locks serialize loading and closing of one stream without one lock around the disk reads of all.
/// </summary>
internal sealed class StreamTable(StreamIndex index, StreamLoader loader, Publication publication)
{
    private const int StripeCount = 64;

    private readonly Stripe[] _stripes = [.. Enumerable.Range(0, StripeCount).Select(_ => new Stripe())];

    public long OpenCount => _stripes.Sum(s => (long)s.Count);

    /// <summary>Whether a stream has handles.</summary>
    public bool IsOpen(LogStreamId id)
    {
        Stripe stripe = StripeOf(id);
        lock (stripe.Gate)
            return stripe.Open.ContainsKey(id);
    }

    /// <summary>Returns the stream's state and counts one more handle.</summary>
    public StreamState Acquire(LogStreamId id)
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

    /// <summary>Releases a handle. The stream's appends must be acknowledged, or the store failed.</summary>
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

    /// <summary>Removes a stream whose deletion was acknowledged, so that the next opening finds no stream.</summary>
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

    /// <summary>Returns the state of a stream, open or not, without a new handle.</summary>
    public StreamState Peek(LogStreamId id, byte[] idBytes, ulong hash, FrameReader reader)
    {
        Stripe stripe = StripeOf(id);
        lock (stripe.Gate)
        {
            return stripe.Open.TryGetValue(id, out StreamState? state)
                ? new StreamState(id, idBytes, hash, publication.ViewOf(state), default)
                : loader.Load(id, idBytes, hash, reader);
        }
    }

    /// <summary>Returns all streams, as of the call or later.</summary>
    /// <exception cref="LogCorruptException">Some streams are damaged. Thrown after all others were given.</exception>
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

    private Stripe StripeOf(LogStreamId id) => _stripes[(uint)id.GetHashCode() % StripeCount];

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

        public Dictionary<LogStreamId, StreamState> Open { get; } = [];

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
