using Actors.Orleans.Codecs;
using Actors.Wal;
using Orleans.Storage;

namespace Actors.Orleans.GrainLogs;

/// <summary>
/// A grain's log. All of it runs in the grain's turns; what several interleaved appends share is the order in which
/// they were submitted, which is the order in the log, and in which they are applied.
/// </summary>
internal sealed class GrainLog<TState, TEvent>(GrainLogKind<TState, TEvent> kind, IGrainContext context, string name)
    : IGrainLog<TState, TEvent>, ILifecycleParticipant<IGrainLifecycle>, IGrainMigrationParticipant
    where TState : class, new()
{
    private readonly StreamId _id = StreamNames.Of(context.GrainId, name);
    private readonly ApplyOrder<TEvent> _order = new();
    private ILogStream? _stream;
    private TState _state = new();
    private Sequence _version;
    private Exception? _fault;

    // What the last checkpoint holds, and what came since one was last tried: one that failed is tried again
    // after as many events as before it, not on each.
    private Sequence _saved;
    private int _untriedEvents;
    private long _untriedBytes;
    private Task _checkpoint = Task.CompletedTask;
    private bool _rehydrated;

    public TState State => _state;

    public Sequence Version => _version;

    public Sequence? Checkpoint => Stream.Checkpoint;

    private ILogStream Stream => _stream ?? throw new InvalidOperationException($"Grain log '{_id}' is replayed when the grain activates; it can't be used in the constructor.");

    private WriteAheadLogOptions Options => kind.Host.Options;

    public void Participate(IGrainLifecycle lifecycle)
    {
        lifecycle.Subscribe($"GrainLog-{name}", GrainLifecycleStage.SetupState, ActivateAsync, DeactivateAsync);
        lifecycle.AddMigrationParticipant(this);
    }

    public async ValueTask<Sequence> AppendAsync(TEvent change, Sequence? expectedVersion = null)
    {
        ILogStream stream = Usable();
        PayloadWriter payload = kind.Events.Encode(change);
        int bytes = payload.Written.Length;
        long ticket = _order.Issue();
        AppendResult result;
        try
        {
            result = await stream.AppendAsync(new EventData(payload.Written, kind.Events.Number), expectedVersion);
        }
        catch (Exception e)
        {
            throw Failed(ticket, e);
        }
        finally
        {
            PayloadWriter.Return(payload);
        }

        if (_order.IsNext(ticket))
            Settle(ticket, result.First, change, bytes);
        else
            await _order.WaitAsync(ticket, result.First, [change], bytes);
        return result.Last;
    }

    public async ValueTask<Sequence> AppendAsync(IReadOnlyList<TEvent> changes, Sequence? expectedVersion = null)
    {
        ArgumentNullException.ThrowIfNull(changes);
        if (changes.Count == 0)
            throw new ArgumentException("An append needs at least one event.", nameof(changes));
        ILogStream stream = Usable();
        PayloadWriter[] payloads = [.. changes.Select(kind.Events.Encode)];
        int bytes = payloads.Sum(p => p.Written.Length);
        long ticket = _order.Issue();
        AppendResult result;
        try
        {
            EventData[] events = [.. payloads.Select(p => new EventData(p.Written, kind.Events.Number))];
            result = await stream.AppendAsync(events, expectedVersion);
        }
        catch (Exception e)
        {
            throw Failed(ticket, e);
        }
        finally
        {
            foreach (PayloadWriter payload in payloads)
                PayloadWriter.Return(payload);
        }

        if (_order.IsNext(ticket))
            SettleAll(new AppliedAppend<TEvent>(ticket, result.First, changes, bytes));
        else
            await _order.WaitAsync(ticket, result.First, changes, bytes);
        return result.Last;
    }

    public async ValueTask CheckpointAsync()
    {
        Usable();
        await _checkpoint;
        if (_version > _saved)
            await SaveCheckpointAsync();
    }

    public async IAsyncEnumerable<LoggedEvent<TEvent>> ReadAsync(Sequence from, Sequence to)
    {
        await foreach (LogRecord record in Stream.ReadAsync(from, to))
            yield return new LoggedEvent<TEvent>(record.Sequence, record.Time, kind.Events.Decode(record));
    }

    public ValueTask<TState> StateAtAsync(Sequence version) => ReplayAsync(Stream.ReadAsOfAsync(version));

    public ValueTask<TState> StateAtAsync(DateTimeOffset time) => ReplayAsync(Stream.ReadAsOfAsync(time));

    public async ValueTask ClearAsync()
    {
        ILogStream stream = Usable();
        await _checkpoint;
        if (stream.Head != Sequence.Zero)
        {
            try
            {
                await stream.DeleteAsync(_version);
            }
            catch (Exception e)
            {
                throw Translate(e);
            }

            await stream.DisposeAsync();
            _stream = await kind.Host.Store.OpenAsync(_id);
        }

        _state = new TState();
        _version = Sequence.Zero;
        _saved = Sequence.Zero;
        ResetTail();
    }

    public void OnDehydrate(IDehydrationContext dehydrationContext)
    {
        if (_fault is not null || _stream is null)
            return;
        PayloadWriter state = kind.States.Encode(_state);
        dehydrationContext.AddBytes(MigrationKey, state.Written.Span);
        dehydrationContext.TryAddValue(MigrationKey + "/position", new GrainLogPosition
        {
            Codec = kind.States.Number,
            Version = _version.Value,
            Epoch = _stream.Epoch.Value,
            Saved = _saved.Value,
            TailBytes = _untriedBytes,
        });
        PayloadWriter.Return(state);
    }

    public void OnRehydrate(IRehydrationContext rehydrationContext)
    {
        if (!rehydrationContext.TryGetValue(MigrationKey + "/position", out GrainLogPosition? position)
            || !rehydrationContext.TryGetBytes(MigrationKey, out System.Buffers.ReadOnlySequence<byte> bytes))
            return;
        try
        {
            _state = kind.States.Decode(position.ToRecord(_id, bytes));
            _version = new Sequence(position.Version);
            _saved = new Sequence(position.Saved);
            _untriedEvents = (int)Math.Min(int.MaxValue, position.Version - position.Saved);
            _untriedBytes = position.TailBytes;
            _rehydrated = true;
        }
        catch (GrainLogDecodeException e)
        {
            Log.RehydrationFailed(kind.Logger, _id, e);
        }
    }

    private string MigrationKey => "grainlog/" + name;

    private async Task ActivateAsync(CancellationToken cancellationToken)
    {
        _stream = await kind.Host.Store.OpenAsync(_id, cancellationToken: cancellationToken);

        // The state that came along is current if nothing was appended since it left.
        if (_rehydrated && _stream.Head == _version)
            return;
        ResetTail();
        _version = Sequence.Zero;
        _saved = Sequence.Zero;
        _state = await ReplayAsync(_stream.ReplayAsync(cancellationToken), track: true);
        Metrics.Replayed.Add(_untriedEvents);
    }

    private async Task DeactivateAsync(CancellationToken cancellationToken)
    {
        if (_stream is not { } stream)
            return;
        try
        {
            await _checkpoint;
            if (Options.CheckpointAtDeactivation && _fault is null && _version > _saved && stream.IsOwner)
                await SaveCheckpointAsync();
        }
        catch (Exception e)
        {
            Log.CheckpointFailed(kind.Logger, _id, _version, e);
        }
        finally
        {
            await stream.DisposeAsync();
        }
    }

    private async ValueTask<TState> ReplayAsync(IAsyncEnumerable<LogRecord> records, bool track = false)
    {
        var state = new TState();
        await foreach (LogRecord record in records)
        {
            if (record.Kind == LogRecordKind.State)
                throw new InvalidOperationException($"Stream '{_id}' holds grain storage, not a grain log; give the log another name.");
            if (record.Kind == LogRecordKind.Checkpoint)
                state = kind.States.Decode(record);
            else
                state = Apply(state, record.Sequence, kind.Events.Decode(record));
            if (!track)
                continue;
            _version = record.Sequence;
            if (record.Kind == LogRecordKind.Checkpoint)
            {
                _saved = record.Sequence;
                continue;
            }

            _untriedEvents++;
            _untriedBytes += record.Payload.Length;
        }

        return state;
    }

    private TState Apply(TState state, Sequence sequence, TEvent change)
    {
        try
        {
            return kind.Apply(state, change);
        }
        catch (Exception e)
        {
            throw new GrainLogApplyException(_id, sequence, change?.GetType().Name ?? "null", e);
        }
    }

    /// <summary>Applies the append whose turn it is, then those that were acknowledged before it and wait behind it.</summary>
    private void Settle(long ticket, Sequence first, TEvent change, int bytes)
    {
        try
        {
            ApplyNext(first, change);
            CountTail(1, bytes);
        }
        finally
        {
            _order.Pass(ticket);
            SettleWaiting();
        }
    }

    private void SettleAll(AppliedAppend<TEvent> append)
    {
        try
        {
            ApplyAll(append);
        }
        finally
        {
            _order.Pass(append.Ticket);
            SettleWaiting();
        }
    }

    private void SettleWaiting()
    {
        while (_order.TryTakeNext(out AppliedAppend<TEvent> waiting))
        {
            try
            {
                ApplyAll(waiting);
                waiting.Done!.SetResult();
            }
            catch (Exception e)
            {
                waiting.Done!.SetException(e);
            }

            _order.Pass(waiting.Ticket);
        }
    }

    private void ApplyAll(AppliedAppend<TEvent> append)
    {
        Sequence sequence = append.First;
        for (int i = 0; i < append.Changes.Count; i++)
        {
            ApplyNext(sequence, append.Changes[i]);
            sequence = sequence.Next;
        }

        CountTail(append.Changes.Count, append.Bytes);
    }

    private void ApplyNext(Sequence sequence, TEvent change)
    {
        if (_fault is not null)
            throw Broken();
        try
        {
            if (sequence != _version.Next)
                throw new InvalidOperationException($"Grain log '{_id}' got event {sequence} after {_version}.");
            _state = Apply(_state, sequence, change);
            _version = sequence;
        }
        catch (Exception e)
        {
            Fault(e);
            throw;
        }
    }

    private void CountTail(int events, int bytes)
    {
        _untriedEvents += events;
        _untriedBytes += bytes;
        if ((_untriedEvents >= Options.CheckpointEvents || _untriedBytes >= Options.CheckpointBytes) && _checkpoint.IsCompleted)
            _checkpoint = CheckpointInBackgroundAsync();
    }

    private async Task CheckpointInBackgroundAsync()
    {
        try
        {
            await SaveCheckpointAsync();
        }
        catch (Exception e)
        {
            Log.CheckpointFailed(kind.Logger, _id, _version, e);
        }
    }

    private async Task SaveCheckpointAsync()
    {
        Sequence version = _version;
        PayloadWriter state = kind.States.Encode(_state);
        ResetTail();
        try
        {
            await Stream.CheckpointAsync(version, new EventData(state.Written, kind.States.Number));
            _saved = version;
            Metrics.Checkpoints.Add(1);
        }
        catch (Exception e)
        {
            throw Translate(e);
        }
        finally
        {
            PayloadWriter.Return(state);
        }
    }

    private void ResetTail()
    {
        _untriedEvents = 0;
        _untriedBytes = 0;
    }

    private ILogStream Usable() => _fault is null ? Stream : throw Broken();

    private InvalidOperationException Broken()
        => new($"Grain log '{_id}' failed at version {_version} and this activation is ending; call again to reach the next one.", _fault);

    /// <summary>Lets later appends pass one that was not written, and says what became of it.</summary>
    private Exception Failed(long ticket, Exception error)
    {
        if (error is AppendOutcomeUnknownException)
            Fault(error);
        _order.Skip(ticket);
        SettleWaiting();
        return Translate(error);
    }

    private void Fault(Exception error)
    {
        if (_fault is not null)
            return;
        _fault = error;
        Log.Faulted(kind.Logger, _id, _version, error);
        context.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationError, error, $"Grain log '{_id}' failed: {error.Message}"));
    }

    private static Exception Translate(Exception error) => error switch
    {
        SequenceConflictException e => new InconsistentStateException(e.Message, e.Actual.ToString(), e.Expected.ToString(), e),
        FencedException e => new InconsistentStateException(e.Message, e),
        _ => error,
    };
}
