using Actors.Orleans.Events;
using Actors.Orleans.Streams;
using Actors.Wal;
using Orleans.EventSourcing;

namespace Actors.Orleans.JournaledGrains;

/// <summary>
/// The log of a journaled grain. All of it runs in the grain's turns. Events are encoded when they are raised, appended in that
/// order, as many at a time as have gathered, and applied to the confirmed view once they are durable.
/// Appends are not retried and errors are not hidden. When the log rejects events, their confirmation fails. An activation that
/// can't continue ends.
/// </summary>
internal sealed partial class JournaledGrainLog<TView, TEntry> : ILogViewAdaptor<TView, TEntry>
    where TView : class, new()
    where TEntry : class
{
    private readonly JournaledGrainLogKind<TView, TEntry> _kind;
    private readonly ILogViewAdaptorHost<TView, TEntry> _host;
    private readonly IGrainContext _context;
    private readonly ILogConsistencyProtocolServices _services;
    private readonly ReplayedState<TView, TEntry> _confirmed;
    private readonly SubmissionQueue<TEntry> _pending;
    private readonly JournaledGrainStatistics _statistics = new();
    private TView? _tentative;
    private Task _work = Task.CompletedTask;
    private WriteAheadLogIssue? _issue;

    public JournaledGrainLog(JournaledGrainLogKind<TView, TEntry> kind, ILogViewAdaptorHost<TView, TEntry> host, IGrainContext context, ILogConsistencyProtocolServices services)
    {
        _kind = kind;
        _host = host;
        _context = context;
        _services = services;
        _pending = new SubmissionQueue<TEntry>(kind.Entries);
        _confirmed = new ReplayedState<TView, TEntry>(
            kind.Host,
            new GrainStream(() => kind.Host.Store, StreamNames.Of(context.GrainId, JournaledGrainLogFactory.StreamName), kind.StreamOptions, context),
            new EventTail(rememberedKeys: 0),
            kind.Views,
            kind.Entries,
            Transition,
            context,
            kind.Logger);
    }

    public TView ConfirmedView
    {
        get
        {
            _statistics.Count("ConfirmedViewCalled");
            return _confirmed.State;
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
            return checked((int)Version.Value);
        }
    }

    public IEnumerable<TEntry> UnconfirmedSuffix => _pending.Entries;

    private Sequence Version => _confirmed.Tail.Version;

    private ILogStream Stream => _confirmed.Stream.Handle ?? throw Unread();

    /// <summary>Opens the stream and replays it. An event that can't be applied fails the activation.</summary>
    public Task PreOnActivate()
    {
        var migration = _context.GetComponent<JournaledGrainMigration>();
        if (migration is not null)
            migration.Write = _confirmed.Dehydrate;
        return _confirmed.ActivateAsync(migration?.Take());
    }

    public Task PostOnActivate() => Task.CompletedTask;

    public async Task PostOnDeactivate()
    {
        if (_confirmed.Stream.Handle is null)
            return;
        StartWork();
        await _work;
        await _confirmed.DeactivateAsync();
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
        if (_confirmed.Fault is { } fault)
            return Task.FromException(fault);
        Task confirmed = _pending.WhenSettled();
        StartWork();
        return confirmed;
    }

    /// <summary>
    /// Confirms the raised events, then confirms the ownership of the stream. If another activation has fenced this one, it may
    /// lack events, so it ends.
    /// </summary>
    public async Task Synchronize()
    {
        _statistics.Count("SynchronizeNowCalled");
        await ConfirmSubmittedEntries();
        await WorkEndsAsync();
        if (_confirmed.Fault is null && await _confirmed.Stream.FindFencedAsync() is { } fenced)
            Fail(fenced);
        if (_confirmed.Fault is { } fault)
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
            entries.AddRange((await _confirmed.Replay.DecodeAsync(record)).Changes);
        }

        return read == toVersion - fromVersion ? entries : throw new HistoryTruncatedException(_confirmed.Stream.Id, Stream.First);
    }

    /// <summary>Deletes the log with all its history, after the events that were raised before are appended.</summary>
    public async Task ClearLogAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_confirmed.Fault is { } fault)
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
        if (_confirmed.Fault is { } fault)
            throw new InvalidOperationException($"The log of grain {_context.GrainId} failed at version {Version} and this activation is ending; call again to reach the next one.", fault);
        if (_confirmed.Stream.Handle is null)
            throw Unread();
        if (entries.Count == 0)
            return Task.FromResult(true);
        foreach (TEntry entry in entries)
            _kind.CheckName(entry);
        Submission<TEntry> submission = _pending.Make(entries, isConditional ? new Sequence(Version.Value + _pending.Count) : null, _kind.Time.GetTimestamp());
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
        TView view = _services.DeepCopy(_confirmed.State);
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
            _services.CaughtUserCodeException(name, nameof(JournaledGrainLog<TView, TEntry>), e);
        }
    }
}
