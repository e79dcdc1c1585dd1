using Actors.Wal.Postgres.Commit;
using Actors.Wal.Postgres.Reading;

namespace Actors.Wal.Postgres.Streams;

/// <summary>One owner's handle of an open stream.</summary>
internal sealed class PostgresStream(PostgresLogStore store, OwnedStream stream, Retention retention) : ILogStream
{
    private const string ClosedReason = "this owner has closed it.";

    private readonly Lock _gate = new();
    private int _inFlight;
    private TaskCompletionSource? _settled;

    public LogStreamId Id => stream.Name;

    public Epoch Epoch => new(stream.Epoch);

    public Sequence Head => stream.Tail.Head;

    public Sequence? Checkpoint => stream.Tail.Checkpoint is { } at ? new Sequence(at) : null;

    public Sequence First => new(stream.Tail.First);

    public bool IsOwner => stream.Lost is null && !IsClosed;

    public CancellationToken OwnershipLost => stream.WhenLost;

    internal PostgresLogStore Store => store;

    internal OwnedStream Stream => stream;

    private bool IsClosed
    {
        get
        {
            lock (_gate)
                return _settled is not null;
        }
    }

    private PostgresStreamHistory History => store.HistoryOf(stream);

    private PostgresStreamHistory ReadHistory
    {
        get
        {
            store.RequireOpen();
            return History;
        }
    }

    public async ValueTask<bool> ConfirmOwnershipAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return IsOwner && !store.IsClosed && await store.AskAsync(stream).WaitAsync(cancellationToken).ConfigureAwait(false) && IsOwner;
    }

    public ValueTask<AppendResult> AppendAsync(EventData data, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
        => Submit(new AppendPart(stream, PostgresAppendKind.Events, [CallerData.Take(data)], expectedSequence), cancellationToken);

    public ValueTask<AppendResult> AppendAsync(IReadOnlyList<EventData> events, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(events);
        EventData[] taken = CallerData.Take(events);
        return taken.Length == 0
            ? throw new ArgumentException("An append needs at least one event.", nameof(events))
            : Submit(new AppendPart(stream, PostgresAppendKind.Events, taken, expectedSequence), cancellationToken);
    }

    public async ValueTask<AppendResult> AppendStateAsync(EventData state, Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
    {
        state = CallerData.Take(state);
        long keep = retention == Retention.Last ? -1 : await KeepFromAsync(cancellationToken).ConfigureAwait(false);
        return await Submit(new AppendPart(stream, PostgresAppendKind.State, [state], expectedSequence) { KeepFrom = keep }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask CheckpointAsync(Sequence sequence, EventData state, CancellationToken cancellationToken = default)
    {
        state = CallerData.Take(state);
        long keep = retention.Checkpoints == 1 ? sequence.Value + 1 : await KeepFromAsync(cancellationToken).ConfigureAwait(false);
        await Submit(new AppendPart(stream, PostgresAppendKind.Checkpoint, [state], null) { At = sequence, KeepFrom = keep }, cancellationToken).ConfigureAwait(false);
    }

    public IAsyncEnumerable<LogRecord> ReplayAsync(CancellationToken cancellationToken = default) => ReadHistory.ReplayAsync(cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsync(Sequence from, Sequence to, CancellationToken cancellationToken = default)
        => ReadHistory.RangeAsync(from.Value, to.Value, cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsOfAsync(Sequence sequence, CancellationToken cancellationToken = default)
        => ReadHistory.AsOfAsync(sequence.Value, cancellationToken);

    public IAsyncEnumerable<LogRecord> ReadAsOfAsync(DateTimeOffset time, CancellationToken cancellationToken = default)
        => ReadHistory.AsOfAsync(time, cancellationToken);

    public async ValueTask TruncateAsync(Sequence before, CancellationToken cancellationToken = default)
    {
        if (before > First)
            await Submit(new AppendPart(stream, PostgresAppendKind.Truncation, [], null) { At = before }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DeleteAsync(Sequence? expectedSequence = null, CancellationToken cancellationToken = default)
    {
        await Submit(new AppendPart(stream, PostgresAppendKind.Deletion, [], expectedSequence), cancellationToken).ConfigureAwait(false);
        await store.ForgetNameAsync(stream, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Rejects further appends, and waits until the outcome of those in flight is decided.</summary>
    public async ValueTask DisposeAsync()
    {
        Task settled;
        lock (_gate)
        {
            if (_settled is null)
            {
                _settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (_inFlight == 0)
                    _settled.SetResult();
            }

            settled = _settled.Task;
        }

        await settled.ConfigureAwait(false);
        stream.End(ClosedReason);
        store.Forget(stream);
    }

    /// <summary>Called when the outcome of an append of this handle is decided.</summary>
    internal void Settle()
    {
        lock (_gate)
        {
            if (--_inFlight == 0)
                _settled?.TrySetResult();
        }
    }

    private ValueTask<AppendResult> Submit(AppendPart part, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<AppendResult>(cancellationToken);
        lock (_gate)
        {
            if (_settled is not null)
                return ValueTask.FromException<AppendResult>(new FencedException(stream.Name, Epoch, ClosedReason));
            _inFlight++;
        }

        try
        {
            return store.Submit(new PostgresAppendRequest([part], this), cancellationToken);
        }
        catch (Exception e)
        {
            Settle();
            return ValueTask.FromException<AppendResult>(e);
        }
    }

    /// <summary>Returns the first event that retention keeps when a checkpoint or a state record is appended; 0 if it drops nothing.</summary>
    private async ValueTask<long> KeepFromAsync(CancellationToken cancellationToken)
    {
        if (retention.KeepsAll)
            return 0;
        long? oldest = retention.Checkpoints > 0
            ? await History.KeepCheckpointBackAsync(retention.Checkpoints - 2, cancellationToken).ConfigureAwait(false)
            : await History.KeepCheckpointBeforeAsync(await store.TimeAsync(cancellationToken).ConfigureAwait(false) - retention.Span, cancellationToken).ConfigureAwait(false);
        return oldest ?? 0;
    }
}
