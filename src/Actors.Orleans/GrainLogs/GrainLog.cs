using Actors.Orleans.Events;
using Actors.Orleans.Streams;
using Actors.Wal;

namespace Actors.Orleans.GrainLogs;

/// <summary>
/// A grain's log. All of it runs in the grain's turns. Interleaved appends are applied in the order in which
/// they were submitted, which is also their order in the log.
/// </summary>
internal sealed class GrainLog<TState, TEvent>(GrainLogKind<TState, TEvent> kind, IGrainContext context, string name, StreamOptions options)
    : IGrainLog<TState, TEvent>, ILifecycleParticipant<IGrainLifecycle>, IGrainMigrationParticipant
    where TState : class, new()
{
    private readonly ReplayedState<TState, TEvent> _state = new(
        kind.Host,
        new GrainStream(() => kind.Host.Store, StreamNames.Of(context.GrainId, name), options, context),
        new EventTail(kind.Host.Options.IdempotencyWindow),
        kind.States,
        kind.Events,
        kind.Apply,
        context,
        kind.Logger);
    private readonly ApplyOrder<TEvent> _order = new();
    private EventMigration? _arrived;
    private GrainAppend<TEvent>? _freeAppend;
    private Dictionary<string, Task<Sequence>>? _keyedOnTheWay;

    public TState State => _state.State;

    public Sequence Version => _state.Tail.Version;

    public Sequence? Checkpoint => Stream.Checkpoint;

    private LogStreamId Id => _state.Stream.Id;

    private ILogStream Stream => _state.Stream.Handle ?? throw new InvalidOperationException($"Grain log '{Id}' is replayed when the grain activates; it can't be used in the constructor.");

    private string MigrationKey => "grainlog/" + name;

    public void Participate(IGrainLifecycle lifecycle)
    {
        lifecycle.Subscribe($"GrainLog-{name}", GrainLifecycleStage.SetupState, ActivateAsync, DeactivateAsync);
        lifecycle.AddMigrationParticipant(this);
    }

    public ValueTask<Sequence> AppendAsync(TEvent change, Sequence? expectedVersion = null) => Append(change, null, null, expectedVersion);

    public ValueTask<Sequence> AppendAsync(IReadOnlyList<TEvent> changes, Sequence? expectedVersion = null)
        => AppendAsync(changes, null, expectedVersion);

    public ValueTask<Sequence> AppendOnceAsync(string idempotencyKey, TEvent change, Sequence? expectedVersion = null)
        => AppendOnceAsync(idempotencyKey, [change], expectedVersion);

    public ValueTask<Sequence> AppendOnceAsync(string idempotencyKey, IReadOnlyList<TEvent> changes, Sequence? expectedVersion = null)
    {
        if (TryGetAppended(idempotencyKey, out Sequence version))
            return ValueTask.FromResult(version);
        if (_keyedOnTheWay is not null && _keyedOnTheWay.TryGetValue(idempotencyKey, out Task<Sequence>? onTheWay))
            return new ValueTask<Sequence>(onTheWay);
        Task<Sequence> task = AppendAsync(changes, idempotencyKey, expectedVersion).AsTask();
        if (!task.IsCompleted)
            (_keyedOnTheWay ??= new Dictionary<string, Task<Sequence>>(StringComparer.Ordinal)).Add(idempotencyKey, task);
        return new ValueTask<Sequence>(task);
    }

    public bool TryGetAppended(string idempotencyKey, out Sequence version)
    {
        KeyedPayload.CheckKey(idempotencyKey);
        return _state.Tail.Keys.TryGet(idempotencyKey, out version);
    }

    public async ValueTask ConfirmAsync()
    {
        Usable();
        if (await _state.Stream.FindFencedAsync() is { } error)
            throw error;
    }

    public async ValueTask CheckpointAsync()
    {
        Usable();
        await _state.Checkpoints.TakeAsync(() => (Usable(), State));
    }

    public async IAsyncEnumerable<LoggedEvent<TEvent>> ReadAsync(Sequence from, Sequence to)
    {
        await foreach (LogRecord record in Stream.ReadAsync(from, to))
        {
            (IReadOnlyList<TEvent> changes, string? key) = await _state.Replay.DecodeAsync(record);
            foreach (TEvent change in changes)
                yield return new LoggedEvent<TEvent>(record.Sequence, record.Time, change, key);
        }
    }

    public ValueTask<TState> StateAtAsync(Sequence version) => _state.Replay.RunAsync(Stream, s => s.ReadAsOfAsync(version));

    public ValueTask<TState> StateAtAsync(DateTimeOffset time) => _state.Replay.RunAsync(Stream, s => s.ReadAsOfAsync(time));

    public async ValueTask ClearAsync(Sequence? expectedVersion = null)
    {
        Usable();
        await _state.Checkpoints.Running;
        if (expectedVersion is { } expected && expected != Version)
            throw StreamErrors.Translate(new SequenceConflictException(Id, expected, Version));
        await _state.ClearAsync();
    }

    public void OnDehydrate(IDehydrationContext dehydrationContext) => _state.Dehydrate(dehydrationContext, MigrationKey);

    public void OnRehydrate(IRehydrationContext rehydrationContext) => _arrived = EventMigration.Read(rehydrationContext, MigrationKey);

    private Task ActivateAsync(CancellationToken cancellationToken)
    {
        EventMigration? arrived = _arrived;
        _arrived = null;
        return _state.ActivateAsync(arrived, cancellationToken);
    }

    private Task DeactivateAsync(CancellationToken cancellationToken)
        => _state.Stream.Handle is null ? Task.CompletedTask : _state.DeactivateAsync();

    private ValueTask<Sequence> AppendAsync(IReadOnlyList<TEvent> changes, string? key, Sequence? expected)
    {
        ArgumentNullException.ThrowIfNull(changes);
        return changes.Count > 0 ? Append(default, changes, key, expected) : throw new ArgumentException("An append needs at least one event.", nameof(changes));
    }

    /// <summary>Appends one event or, if there are several, those.</summary>
    private ValueTask<Sequence> Append(TEvent? change, IReadOnlyList<TEvent>? changes, string? key, Sequence? expected)
    {
        GrainAppend<TEvent> append = RentAppend();
        try
        {
            Usable();
            append.Key = key;
            if (changes is null)
                append.Add(change!, kind.Events);
            else
                append.Add(changes, kind.Events);
        }
        catch (Exception e)
        {
            FreeAppend(append);
            return ValueTask.FromException<Sequence>(e);
        }

        // The task is taken before the append can complete, because reading the result frees the append for reuse.
        ValueTask<Sequence> task = append.Task;
        append.Start(Stream, kind.Events.Number, expected, _order.Issue());
        return task;
    }

    private GrainAppend<TEvent> RentAppend()
        => Interlocked.Exchange(ref _freeAppend, null) ?? new GrainAppend<TEvent>(Acknowledged, FreeAppend);

    // Called from any thread, because the code that awaits an append may read its result on any thread.
    private void FreeAppend(GrainAppend<TEvent> append)
    {
        append.Reset();
        Volatile.Write(ref _freeAppend, append);
    }

    /// <summary>Handles the log's answer. Applies the append if it is next in the order, then the appends that wait behind it.</summary>
    private void Acknowledged(GrainAppend<TEvent> append)
    {
        try
        {
            append.ReadResult();
        }
        catch (Exception e)
        {
            Exception error = StreamErrors.Translate(e);
            if (e is AppendOutcomeUnknownException)
                _state.Fail(e);
            _order.Skip(append.Ticket);
            Decided(append);
            append.Fail(error);
            SettleWaiting();
            return;
        }

        if (!_order.IsNext(append.Ticket))
        {
            _order.Wait(append);
            return;
        }

        Settle(append);
        SettleWaiting();
    }

    private void SettleWaiting()
    {
        while (_order.TryTakeNext(out GrainAppend<TEvent>? waiting))
            Settle(waiting);
    }

    private void Settle(GrainAppend<TEvent> append)
    {
        Exception? error = null;
        try
        {
            Apply(append);
            _state.Checkpoints.TakeWhenDue(Stream, State);
        }
        catch (Exception e)
        {
            error = e;
        }

        // Complete and Fail run the awaiting code, which may append again. So the order moves on first.
        _order.Pass(append.Ticket);
        Decided(append);
        if (error is null)
            append.Complete();
        else
            append.Fail(error);
    }

    private void Decided(GrainAppend<TEvent> append)
    {
        if (append.Key is { } key)
            _keyedOnTheWay?.Remove(key);
    }

    private void Apply(GrainAppend<TEvent> append)
    {
        Sequence sequence = append.Result.First;
        for (int i = 0; i < append.Count; i++)
        {
            Apply(sequence, append.ChangeAt(i), append.Bytes / append.Count, append.Result.LastLsn);
            sequence = sequence.Next;
        }

        if (append.Key is { } key)
            _state.Tail.Keys.Add(key, append.Result.Last);
    }

    private void Apply(Sequence sequence, TEvent change, int bytes, Lsn lsn)
    {
        // The event is durable whatever happens here: no error may ask the caller to append it again.
        if (_state.Fault is { } fault)
            throw GrainLogApplyException.Behind(Id, sequence, change?.GetType().Name ?? "null", fault);
        try
        {
            if (sequence != Version.Next)
                throw GrainLogApplyException.Behind(Id, sequence, change?.GetType().Name ?? "null", new InvalidOperationException($"It came after event {Version}."));
            _state.Apply(sequence, change, bytes, lsn);
        }
        catch (Exception e)
        {
            _state.Fail(e);
            throw;
        }
    }

    private ILogStream Usable() => _state.Fault is null ? Stream : throw Broken();

    private InvalidOperationException Broken()
        => new($"Grain log '{Id}' failed at version {Version} and this activation is ending. Nothing of this call was written; call again to reach the next activation.", _state.Fault);
}
