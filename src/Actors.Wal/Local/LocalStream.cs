using Actors.Wal.Clocks;
using Actors.Wal.Commit;
using Actors.Wal.Streams;

namespace Actors.Wal.Local;

/// <summary>One owner's handle of an open stream.</summary>
internal sealed class LocalStream(LocalLogStore store, StreamState state, Epoch epoch, SyncPolicy sync, Retention retention) : ILogStream
{
    private int _disposed;

    public LogStreamId Id => state.Id;

    public Epoch Epoch => epoch;

    public Sequence Head => View.Head;

    public Sequence? Checkpoint => View.Checkpoint;

    public Sequence First => View.First;

    public bool IsOwner => Volatile.Read(ref _disposed) == 0 && store.Parts.Ownership.MayAppend(state, epoch);

    public CancellationToken OwnershipLost => Volatile.Read(ref _disposed) == 0 ? store.Parts.Ownership.LostToken(state, epoch) : CancellationToken.None;

    internal LocalLogStore Store => store;

    private StreamView View => store.ViewOf(state);

    public ValueTask<bool> ConfirmOwnershipAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Volatile.Read(ref _disposed) == 0 && !store.IsClosed && store.Parts.Ownership.Has(state, epoch));
    }

    public ValueTask<AppendResult> AppendAsync(EventData data, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<AppendResult>(cancellationToken);
        data = CallerData.Take(data);
        AppendRequest request = NewRequest(AppendKind.Event, sync);
        request.Data = data;
        request.Expected = expectedSequence;
        return request.SubmitTo(store.Parts.Queue, cancellationToken);
    }

    public ValueTask<AppendResult> AppendAsync(IReadOnlyList<EventData> events, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(events);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<AppendResult>(cancellationToken);
        EventData[] taken = CallerData.Take(events);
        if (taken.Length == 0)
            throw new ArgumentException("An append needs at least one event.", nameof(events));
        AppendRequest request = NewRequest(AppendKind.Events, sync);
        request.Events = taken;
        request.Expected = expectedSequence;
        return request.SubmitTo(store.Parts.Queue, cancellationToken);
    }

    public ValueTask<AppendResult> AppendStateAsync(EventData state, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<AppendResult>(cancellationToken);
        state = CallerData.Take(state);
        Sequence keepFrom = retention == Retention.Last ? Sequence.Zero : KeepFrom(Sequence.Zero, 0);
        AppendRequest request = NewRequest(AppendKind.State, sync);
        request.Data = state;
        request.Expected = expectedSequence;
        request.KeepNothingBefore = retention == Retention.Last;
        request.KeepFrom = keepFrom;
        return request.SubmitTo(store.Parts.Queue, cancellationToken);
    }

    public async ValueTask CheckpointAsync(Sequence sequence, EventData state, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        state = CallerData.Take(state);
        Sequence keepFrom = KeepFrom(sequence, 1);
        AppendRequest request = NewRequest(AppendKind.Checkpoint, sync);
        request.Data = state;
        request.At = sequence;
        request.KeepFrom = keepFrom;
        await request.SubmitTo(store.Parts.Queue, cancellationToken).ConfigureAwait(false);
    }

    public IAsyncEnumerable<LogRecord> ReplayAsync(CancellationToken cancellationToken = default)
        => Read(h => h.Replay(), cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsync(Sequence from, Sequence to, CancellationToken cancellationToken = default)
        => Read(h => from <= to ? h.Forward(from, to) : h.Backward(from, to), cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsOfAsync(Sequence sequence, CancellationToken cancellationToken = default)
        => Read(h => h.AsOf(sequence), cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsOfAsync(DateTimeOffset time, CancellationToken cancellationToken = default)
        => Read(h => h.AsOf(time), cancellationToken);

    public async ValueTask TruncateAsync(Sequence before, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (before <= View.First)
            return;
        AppendRequest request = NewRequest(AppendKind.Truncation, SyncPolicy.Always);
        request.At = before;
        await request.SubmitTo(store.Parts.Queue, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DeleteAsync(Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        AppendRequest request = NewRequest(AppendKind.Deletion, SyncPolicy.Always);
        request.Expected = expectedSequence;
        await request.SubmitTo(store.Parts.Queue, cancellationToken).ConfigureAwait(false);
        store.Parts.Streams.Forget(state);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            await store.Parts.Ownership.GiveBackAsync(state, epoch).ConfigureAwait(false);
    }

    internal AtomicPart PartOf(StreamAppend append) => new(state, epoch, append.Events, append.ExpectedSequence);

    internal SyncPolicy Sync => sync;

    internal StreamState State => state;

    private AppendRequest NewRequest(AppendKind kind, SyncPolicy policy)
    {
        AppendRequest request = store.Parts.Requests.Rent();
        request.Kind = kind;
        request.Stream = state;
        request.Epoch = epoch;
        request.Sync = policy;
        return request;
    }

    private ReadySequence Read(Func<StreamHistory, IEnumerable<LogRecord>> read, CancellationToken cancellationToken)
    {
        store.RequireOpen();
        StreamView view = View;
        return new ReadySequence(() => read(store.HistoryOf(state, view)), cancellationToken);
    }

    /// <summary>Returns the first event that the stream's retention keeps with a new checkpoint; zero when it drops nothing.</summary>
    /// <param name="at">The checkpoint's sequence.</param>
    /// <param name="counts">1 if the checkpoint counts itself; 0 for a state, whose sequence is not known yet.</param>
    private Sequence KeepFrom(Sequence at, int counts)
    {
        if (retention.KeepsAll)
            return Sequence.Zero;
        if (retention.Checkpoints == 1 && counts == 1)
            return at.Next;
        try
        {
            StreamSearch search = store.HistoryOf(state, View).Search;
            Sequence? oldest = retention.Checkpoints > 0
                ? search.CheckpointBack(retention.Checkpoints - 2)
                : search.CheckpointBefore(StoreClock.TrustedNowOf(store.Options.Time) - retention.Span);
            return oldest?.Next ?? Sequence.Zero;
        }
        catch (LogStoreException e) when (e is LogCorruptException or LogUnreadableException)
        {
            // Unreadable history is not dropped, and does not prevent the checkpoint.
            if (e is LogCorruptException damage)
                store.Parts.Segments.Damage.Note(damage);
            return Sequence.Zero;
        }
    }
}
