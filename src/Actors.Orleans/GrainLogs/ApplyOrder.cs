using System.Diagnostics.CodeAnalysis;

namespace Actors.Orleans.GrainLogs;

/// <summary>
/// Keeps interleaved appends of one grain in the order in which they were submitted: their acknowledgements may be
/// scheduled in another. Used from the grain's turns only.
/// </summary>
internal sealed class ApplyOrder<TEvent>
{
    private Dictionary<long, GrainAppend<TEvent>>? _waiting;
    private HashSet<long>? _skipped;
    private long _issued;
    private long _passed;

    /// <summary>Takes the next place in the order; call it in the same turn as the append, before anything is awaited.</summary>
    public long Issue() => ++_issued;

    public bool IsNext(long ticket) => ticket == _passed + 1;

    /// <summary>Keeps an acknowledged append until those before it were applied.</summary>
    public void Wait(GrainAppend<TEvent> append) => (_waiting ??= []).Add(append.Ticket, append);

    /// <summary>The append whose turn it is, if it waits.</summary>
    public bool TryTakeNext([NotNullWhen(true)] out GrainAppend<TEvent>? append)
    {
        append = null;
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
