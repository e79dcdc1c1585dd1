using Actors.Orleans.Codecs;
using Actors.Orleans.GrainLogs;
using Actors.Wal;
using Orleans.EventSourcing;

namespace Actors.Orleans.Journaled;

/// <summary>
/// The log of a journaled grain. All of it runs in the grain's turns. Events are encoded when they are raised, appended in that
/// order, as many at a time as have gathered, and applied to the confirmed view once they are durable.
/// Appends are not retried and errors are not hidden. When the log rejects events, their confirmation fails. An activation that
/// can't continue ends.
/// </summary>
internal sealed partial class JournaledLog<TView, TEntry> : ILogViewAdaptor<TView, TEntry>
    where TView : class, new()
    where TEntry : class
{
    private readonly JournaledLogKind<TView, TEntry> _kind;
    private readonly ILogViewAdaptorHost<TView, TEntry> _host;
    private readonly IGrainContext _context;
    private readonly ILogConsistencyProtocolServices _services;
    private readonly LogStreamId _id;
    private readonly GrainLogReplay<TView, TEntry> _replay;
    private readonly GrainLogTail _tail = new(rememberedKeys: 0);
    private readonly Checkpoints<TView> _checkpoints;
    private readonly SubmissionQueue<TEntry> _pending;
    private readonly JournaledStatistics _statistics = new();
    private ILogStream? _stream;
    private TView _confirmed = new();
    private TView? _tentative;
    private Task _work = Task.CompletedTask;
    private Exception? _fault;
    private bool _hasState;
    private WriteAheadLogIssue? _issue;

    public JournaledLog(JournaledLogKind<TView, TEntry> kind, ILogViewAdaptorHost<TView, TEntry> host, IGrainContext context, ILogConsistencyProtocolServices services)
    {
        _kind = kind;
        _host = host;
        _context = context;
        _services = services;
        _id = StreamNames.Of(context.GrainId, JournaledLogFactory.StreamName);
        _pending = new SubmissionQueue<TEntry>(kind.Entries);
        _replay = new GrainLogReplay<TView, TEntry>(kind.Host, kind.Views, kind.Entries, Transition, _id);
        _checkpoints = new Checkpoints<TView>(kind.Views, kind.Host.Options, _tail, _id, kind.Logger);
    }

    public TView ConfirmedView
    {
        get
        {
            _statistics.Count("ConfirmedViewCalled");
            return _confirmed;
        }
    }

    public TView TentativeView
    {
        get
        {
            _statistics.Count("TentativeViewCalled");
            return _tentative ??= MakeTentative();
        }
    }

    public int ConfirmedVersion
    {
        get
        {
            _statistics.Count("ConfirmedVersionCalled");
            return checked((int)_tail.Version.Value);
        }
    }

    public IEnumerable<TEntry> UnconfirmedSuffix => _pending.Entries;

    private ILogStream Stream => _stream ?? throw Unread();

    /// <summary>Opens the stream and replays it. An event that can't be applied fails the activation.</summary>
    public async Task PreOnActivate()
    {
        ILogStream stream = await OpenAsync();
        if (_context.GetComponent<JournaledMigration>() is { } migration)
        {
            migration.Write = Dehydrate;
            if (TryResume(migration.Take(), stream))
                return;
        }

        _confirmed = await _replay.RunAsync(stream, s => s.ReplayAsync(), _tail);
        _hasState = true;
        Metrics.Replayed.Add(_tail.UntriedEvents);
    }

    private async Task<ILogStream> OpenAsync()
    {
        _stream = await _kind.Host.Store.OpenAsync(_id, _kind.StreamOptions);
        Overtaking.EndsActivation(_context, _stream);
        return _stream;
    }

    /// <summary>Continues with the view that a migration brought, if neither an event nor a checkpoint was written since.</summary>
    private bool TryResume(GrainLogMigration? arrived, ILogStream stream)
    {
        if (arrived is null || _kind.Views is null || stream.Head.Value != arrived.Position.Version || (stream.Checkpoint ?? Sequence.Zero).Value != arrived.Position.Saved)
            return false;
        try
        {
            _confirmed = arrived.Resume(_id, _kind.Views, _tail);
            return _hasState = true;
        }
        catch (UnusableCheckpointException e)
        {
            Log.RehydrationFailed(_kind.Logger, _id, e);
            return false;
        }
    }

    private void Dehydrate(IDehydrationContext context, string key)
    {
        if (_fault is null && _hasState && _stream is not null && _kind.Views is { } views)
            GrainLogMigration.Write(context, key, _confirmed, views, _tail, _stream.Epoch);
    }

    public Task PostOnActivate() => Task.CompletedTask;

    public async Task PostOnDeactivate()
    {
        if (_stream is not { } stream)
            return;
        StartWork();
        await _work;
        await _checkpoints.Running;
        // A failed replay has left no state to take a checkpoint of.
        if (_kind.Host.Options.CheckpointAtDeactivation && _hasState && _fault is null && stream.IsOwner)
            await _checkpoints.TryTakeAsync(() => (stream, _confirmed));

        // A new owner may have dropped the checkpoint or cleared the log, so this view must not migrate.
        _hasState &= stream.IsOwner;
        await stream.DisposeAsync();
    }

    public void Submit(TEntry entry)
    {
        _statistics.Count("SubmitCalled");
        Submit([entry], isConditional: false);
    }

    public void SubmitRange(IEnumerable<TEntry> entries)
    {
        _statistics.Count("SubmitRangeCalled");
        Submit([.. entries], isConditional: false);
    }

    public Task<bool> TryAppend(TEntry entry)
    {
        _statistics.Count("TryAppendCalled");
        return Submit([entry], isConditional: true);
    }

    public Task<bool> TryAppendRange(IEnumerable<TEntry> entries)
    {
        _statistics.Count("TryAppendRangeCalled");
        return Submit([.. entries], isConditional: true);
    }

    /// <summary>Completes when all raised events are durable and applied.</summary>
    public Task ConfirmSubmittedEntries()
    {
        _statistics.Count("ConfirmSubmittedEntriesCalled");
        if (_fault is { } fault)
            return Task.FromException(fault);
        Task confirmed = _pending.WhenSettled();
        StartWork();
        return confirmed;
    }

    /// <summary>
    /// Confirms the raised events, then confirms the ownership of the stream. If another activation has taken the stream over, this one may
    /// lack events, so it ends.
    /// </summary>
    public async Task Synchronize()
    {
        _statistics.Count("SynchronizeNowCalled");
        await ConfirmSubmittedEntries();
        await WorkEndsAsync();
        if (_fault is null && !await Stream.ConfirmOwnershipAsync())
            Fault(LogErrors.Overtaken(Stream));

        if (_fault is { } fault)
            throw fault;
    }

    public async Task<IReadOnlyList<TEntry>> RetrieveLogSegment(int fromVersion, int toVersion)
    {
        var entries = new List<TEntry>(toVersion - fromVersion);
        if (fromVersion == toVersion)
            return entries;
        int read = 0;
        await foreach (LogRecord record in Stream.ReadAsync(new Sequence(fromVersion + 1), new Sequence(toVersion)))
        {
            read++;
            entries.AddRange((await _replay.DecodeAsync(record)).Changes);
        }

        return read == toVersion - fromVersion ? entries : throw new HistoryTruncatedException(_id, Stream.First);
    }

    /// <summary>Deletes the log with all its history, after the events that were raised before are appended.</summary>
    public async Task ClearLogAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_fault is { } fault)
            throw fault;
        StartWork();
        await WorkEndsAsync();
        Task clearing = ClearAsync();
        _work = Quiet(clearing);
        try
        {
            await clearing;
        }
        finally
        {
            // Events that were raised during the deletion have waited for it.
            await WorkEndsAsync();
            StartWork();
        }
    }

    public void EnableStatsCollection() => _statistics.Enable();

    public void DisableStatsCollection() => _statistics.Disable();

    public LogConsistencyStatistics GetStats() => _statistics.Read()!;

    private InvalidOperationException Unread()
        => new($"The log of grain {_context.GrainId} is read right before OnActivateAsync; it can't be used earlier.");

    /// <summary>Waits until no append or deletion is under way. Another waiter may start the next one first, so the check repeats.</summary>
    private async Task WorkEndsAsync()
    {
        while (!_work.IsCompleted)
            await _work;
    }

    private static async Task Quiet(Task task) => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    private Task<bool> Submit(List<TEntry> entries, bool isConditional)
    {
        if (_fault is { } fault)
            throw new InvalidOperationException($"The log of grain {_context.GrainId} failed at version {_tail.Version} and this activation is ending; call again to reach the next one.", fault);
        if (_stream is null)
            throw Unread();
        if (entries.Count == 0)
            return Task.FromResult(true);
        foreach (TEntry entry in entries)
            _kind.CheckName(entry);
        Submission<TEntry> submission = _pending.Make(entries, isConditional ? new Sequence(_tail.Version.Value + _pending.Count) : null, _kind.Time.GetTimestamp());
        ApplyTentatively(submission);
        _pending.Add(submission);
        CallBack(tentative: true, confirmed: false);
        StartWorkSoon();
        return submission.Appended?.Task ?? Task.FromResult(true);
    }

    /// <summary>Applies events to the tentative view, if there is one. An event that can't be applied to it is refused at once.</summary>
    private void ApplyTentatively(Submission<TEntry> submission)
    {
        if (_tentative is not { } view)
            return;
        try
        {
            foreach (TEntry entry in _pending.CopiesOf(submission))
                _host.UpdateView(view, entry);
        }
        catch
        {
            _tentative = null;
            submission.Release();
            throw;
        }
    }

    private TView MakeTentative()
    {
        TView view = _services.DeepCopy(_confirmed);
        foreach (TEntry entry in _pending.Copies)
            _host.UpdateView(view, entry);
        return view;
    }

    private TView Transition(TView view, TEntry entry)
    {
        _host.UpdateView(view, entry);
        return view;
    }

    private void CallBack(bool tentative, bool confirmed)
        => CallBack(() => _host.OnViewChanged(tentative, confirmed), nameof(_host.OnViewChanged));

    /// <summary>Calls the grain. A callback that fails is reported and does not affect the events.</summary>
    private void CallBack(Action call, string name)
    {
        try
        {
            call();
        }
        catch (Exception e)
        {
            _services.CaughtUserCodeException(name, nameof(JournaledLog<TView, TEntry>), e);
        }
    }
}
