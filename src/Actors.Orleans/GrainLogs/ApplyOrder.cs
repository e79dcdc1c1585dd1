using Actors.Wal;

namespace Actors.Orleans.GrainLogs;

/// <summary>
/// Keeps interleaved appends of one grain in the order in which they were submitted: their acknowledgements may be
/// scheduled in another. Used from the grain's turns only.
/// </summary>
internal sealed class ApplyOrder<TEvent>
{
    private Dictionary<long, AppliedAppend<TEvent>>? _waiting;
    private HashSet<long>? _skipped;
    private long _issued;
    private long _passed;

    /// <summary>Takes the next place in the order; call it in the same turn as the append, before anything is awaited.</summary>
    public long Issue() => ++_issued;

    public bool IsNext(long ticket) => ticket == _passed + 1;

    /// <summary>Waits until the appends before this one were applied, and it was too.</summary>
    public Task WaitAsync(long ticket, Sequence first, IReadOnlyList<TEvent> changes, int bytes)
    {
        var append = new AppliedAppend<TEvent>(ticket, first, changes, bytes) { Done = new TaskCompletionSource() };
        (_waiting ??= []).Add(ticket, append);
        return append.Done.Task;
    }

    /// <summary>The append whose turn it is, if it waits.</summary>
    public bool TryTakeNext(out AppliedAppend<TEvent> append)
    {
        append = default;
        return _waiting is not null && _waiting.Remove(_passed + 1, out append);
    }

    /// <summary>The next one's turn has come.</summary>
    public void Pass(long ticket)
    {
        _passed = ticket;
        while (_skipped is not null && _skipped.Remove(_passed + 1))
            _passed++;
    }

    /// <summary>An append that was not written holds up nobody.</summary>
    public void Skip(long ticket)
    {
        if (IsNext(ticket))
            Pass(ticket);
        else
            (_skipped ??= []).Add(ticket);
    }
}

/// <summary>An append that was acknowledged and is to be applied.</summary>
internal readonly record struct AppliedAppend<TEvent>(long Ticket, Sequence First, IReadOnlyList<TEvent> Changes, int Bytes)
{
    /// <summary>Completed when it was applied; null where the appender itself applies.</summary>
    public TaskCompletionSource? Done { get; init; }
}
