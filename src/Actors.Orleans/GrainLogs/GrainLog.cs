using Actors.Orleans.Codecs;
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
    private readonly LogStreamId _id = StreamNames.Of(context.GrainId, name);
    private readonly GrainLogReplay<TState, TEvent> _replay = new(kind.Host, kind.States, kind.Events, kind.Apply, StreamNames.Of(context.GrainId, name));
    private readonly ApplyOrder<TEvent> _order = new();
    private readonly GrainLogTail _tail = new(kind.Host.Options.IdempotencyWindow);
    private ILogStream? _stream;
    private TState _state = new();
    private Checkpoints<TState>? _checkpoints;
    private Exception? _fault;
    private bool _rehydrated;
    private bool _hasState;
    private GrainAppend<TEvent>? _freeAppend;
    private Dictionary<string, Task<Sequence>>? _keyedOnTheWay;

    public TState State => _state;

    public Sequence Version => _tail.Version;

    public Sequence? Checkpoint => Stream.Checkpoint;

    private ILogStream Stream => _stream ?? throw new InvalidOperationException($"Grain log '{_id}' is replayed when the grain activates; it can't be used in the constructor.");

    private Checkpoints<TState> Checkpoints => _checkpoints ??= new Checkpoints<TState>(kind.States, kind.Host.Options, _tail, _id, kind.Logger);

    private string MigrationKey => "grainlog/" + name;

    public void Participate(IGrainLifecycle lifecycle)
    {
        lifecycle.Subscribe($"GrainLog-{name}", GrainLifecycleStage.SetupState, ActivateAsync, DeactivateAsync);
        lifecycle.AddMigrationParticipant(this);
    }

    public ValueTask<Sequence> AppendAsync(TEvent change, Sequence? expectedVersion = null)
    {
        GrainAppend<TEvent> append = RentAppend();
        try
        {
            Usable();
            append.Add(change, kind.Events);
        }
        catch (Exception e)
        {
            FreeAppend(append);
            return ValueTask.FromException<Sequence>(e);
        }

        return Start(append, expectedVersion);
    }

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
        return _tail.Keys.TryGet(idempotencyKey, out version);
    }

    private ValueTask<Sequence> AppendAsync(IReadOnlyList<TEvent> changes, string? key, Sequence? expectedVersion)
    {
        ArgumentNullException.ThrowIfNull(changes);
        if (changes.Count == 0)
            throw new ArgumentException("An append needs at least one event.", nameof(changes));
        GrainAppend<TEvent> append = RentAppend();
        try
        {
            Usable();
            append.Key = key;
            append.Add(changes, kind.Events);
        }
        catch (Exception e)
        {
            FreeAppend(append);
            return ValueTask.FromException<Sequence>(e);
        }

        return Start(append, expectedVersion);
    }

    public async ValueTask ConfirmAsync()
    {
        ILogStream stream = Usable();
        if (!await stream.ConfirmOwnershipAsync())
            throw LogErrors.Overtaken(stream);
    }

    public async ValueTask CheckpointAsync()
    {
        Usable();
        await Checkpoints.TakeAsync(() => (Usable(), _state));
    }

    public async IAsyncEnumerable<LoggedEvent<TEvent>> ReadAsync(Sequence from, Sequence to)
    {
        await foreach (LogRecord record in Stream.ReadAsync(from, to))
        {
            (IReadOnlyList<TEvent> changes, string? key) = await _replay.DecodeAsync(record);
            foreach (TEvent change in changes)
                yield return new LoggedEvent<TEvent>(record.Sequence, record.Time, change, key);
        }
    }

    public ValueTask<TState> StateAtAsync(Sequence version) => _replay.RunAsync(Stream, s => s.ReadAsOfAsync(version));

    public ValueTask<TState> StateAtAsync(DateTimeOffset time) => _replay.RunAsync(Stream, s => s.ReadAsOfAsync(time));

    public async ValueTask ClearAsync(Sequence? expectedVersion = null)
    {
        ILogStream stream = Usable();
        await Checkpoints.Running;
        if (expectedVersion is { } expected && expected != Version)
            throw LogErrors.Translate(new SequenceConflictException(_id, expected, Version));
        if (stream.Head != Sequence.Zero)
        {
            try
            {
                await stream.DeleteAsync(Version);
            }
            catch (Exception e)
            {
                throw LogErrors.Translate(e);
            }

            await stream.DisposeAsync();
            await OpenAsync(CancellationToken.None);
        }

        _state = new TState();
        _tail.StartAt(Sequence.Zero);
    }

    public void OnDehydrate(IDehydrationContext dehydrationContext)
    {
        if (_fault is not null || !_hasState || _stream is null)
            return;
        GrainLogMigration.Write(dehydrationContext, MigrationKey, _state, kind.States, _tail, _stream.Epoch);
    }

    public void OnRehydrate(IRehydrationContext rehydrationContext)
    {
        if (GrainLogMigration.Read(rehydrationContext, MigrationKey) is not { } arrived)
            return;
        try
        {
            _state = arrived.Resume(_id, kind.States, _tail);
            _rehydrated = true;
        }
        catch (UnusableCheckpointException e)
        {
            Log.RehydrationFailed(kind.Logger, _id, e);
        }
    }

    private async Task ActivateAsync(CancellationToken cancellationToken)
    {
        ILogStream stream = await OpenAsync(cancellationToken);

        // The migrated state is current if neither an event nor a checkpoint was written since the migration.
        if (_rehydrated && stream.Head == Version && (stream.Checkpoint ?? Sequence.Zero) == _tail.Saved)
        {
            _hasState = true;
            return;
        }

        _state = await _replay.RunAsync(stream, s => s.ReplayAsync(cancellationToken), _tail);
        _hasState = true;
        Metrics.Replayed.Add(_tail.UntriedEvents);
    }

    private async ValueTask<ILogStream> OpenAsync(CancellationToken cancellationToken)
    {
        _stream = await kind.Host.Store.OpenAsync(_id, options, cancellationToken);
        Overtaking.EndsActivation(context, _stream);
        return _stream;
    }

    private async Task DeactivateAsync(CancellationToken cancellationToken)
    {
        if (_stream is not { } stream)
            return;
        try
        {
            await Checkpoints.Running;
            // A failed replay has left no state to take a checkpoint of.
            if (kind.Host.Options.CheckpointAtDeactivation && _hasState && _fault is null && stream.IsOwner)
                await Checkpoints.TryTakeAsync(() => (stream, _state));
        }
        finally
        {
            // A new owner may have dropped the checkpoint or cleared the log, so this state must not migrate.
            _hasState &= stream.IsOwner;
            await stream.DisposeAsync();
        }
    }

    private GrainAppend<TEvent> RentAppend()
        => Interlocked.Exchange(ref _freeAppend, null) ?? new GrainAppend<TEvent>(Acknowledged, FreeAppend);

    // Called from any thread, because the code that awaits an append may read its result on any thread.
    private void FreeAppend(GrainAppend<TEvent> append)
    {
        append.Reset();
        Volatile.Write(ref _freeAppend, append);
    }

    private ValueTask<Sequence> Start(GrainAppend<TEvent> append, Sequence? expected)
    {
        // The task is taken before the append can complete, because reading the result frees the append for reuse.
        ValueTask<Sequence> task = append.Task;
        append.Start(Stream, kind.Events.Number, expected, _order.Issue());
        return task;
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
            Exception error = LogErrors.Translate(e);
            if (e is AppendOutcomeUnknownException)
                Fault(e);
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
            Checkpoints.TakeWhenDue(Stream, _state);
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
            _tail.Keys.Add(key, append.Result.Last);
    }

    private void Apply(Sequence sequence, TEvent change, int bytes, Lsn lsn)
    {
        // The event is durable whatever happens here: no error may ask the caller to append it again.
        if (_fault is not null)
            throw GrainLogApplyException.Behind(_id, sequence, change?.GetType().Name ?? "null", _fault);
        try
        {
            if (sequence != Version.Next)
                throw GrainLogApplyException.Behind(_id, sequence, change?.GetType().Name ?? "null", new InvalidOperationException($"It came after event {Version}."));
            _state = _replay.Apply(_state, sequence, change);
            _tail.Count(sequence, bytes, lsn);
        }
        catch (Exception e)
        {
            Fault(e);
            throw;
        }
    }

    private ILogStream Usable() => _fault is null ? Stream : throw Broken();

    private InvalidOperationException Broken()
        => new($"Grain log '{_id}' failed at version {Version} and this activation is ending. Nothing of this call was written; call again to reach the next activation.", _fault);

    private void Fault(Exception error)
    {
        if (_fault is not null)
            return;
        _fault = error;
        Log.Faulted(kind.Logger, _id, Version, error);
        context.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationError, error, $"Grain log '{_id}' failed: {error.Message}"));
    }
}
