using System.Diagnostics.CodeAnalysis;

namespace Actors.Orleans.GrainLogs;

/// <summary>
/// Keeps interleaved appends of one grain in the order in which they were submitted. Their acknowledgements may be
/// scheduled in another order. Used from the grain's turns only.
/// </summary>
internal sealed class ApplyOrder<TEvent>
{
    private Dictionary<long, GrainAppend<TEvent>>? _waiting;
    private HashSet<long>? _skipped;
    private long _issued;
    private long _passed;

    /// <summary>Issues the ticket of the next append. Call it in the same turn as the append, before anything is awaited.</summary>
    public long Issue() => ++_issued;

    public bool IsNext(long ticket) => ticket == _passed + 1;

    /// <summary>Keeps an acknowledged append until those before it were applied.</summary>
    public void Wait(GrainAppend<TEvent> append) => (_waiting ??= []).Add(append.Ticket, append);

    /// <summary>Takes the append that is next in the order, if it waits.</summary>
    public bool TryTakeNext([NotNullWhen(true)] out GrainAppend<TEvent>? append)
    {
        append = null;
        return _waiting is not null && _waiting.Remove(_passed + 1, out append);
    }

    /// <summary>Marks an append as applied. The next one in the order may be applied now.</summary>
    public void Pass(long ticket)
    {
        _passed = ticket;
        while (_skipped is not null && _skipped.Remove(_passed + 1))
            _passed++;
    }

    /// <summary>Removes an append that was not written from the order, so that later ones don't wait for it.</summary>
    public void Skip(long ticket)
    {
        if (IsNext(ticket))
            Pass(ticket);
        else
            (_skipped ??= []).Add(ticket);
    }
}
