using System.Collections.Concurrent;

namespace Actors.Orleans.TestKit.Faults;

/// <summary>The streams that the test took over without their owners noticing.</summary>
internal sealed class Takeovers
{
    private readonly ConcurrentDictionary<LogStreamId, bool> _unnoticed = new();

    public bool IsUnnoticed(LogStreamId id) => _unnoticed.ContainsKey(id);

    public void Hide(LogStreamId id) => _unnoticed[id] = true;

    /// <summary>Notes that a stream has a new owner, which notices the next takeover.</summary>
    public void End(LogStreamId id) => _unnoticed.TryRemove(id, out _);
}
