using System.Collections.Concurrent;

namespace Actors.Orleans.TestKit.Faults;

/// <summary>Streams that were taken over by the test, without their owner noticing.</summary>
internal sealed class Takeovers
{
    private readonly ConcurrentDictionary<StreamId, bool> _unnoticed = new();

    public bool IsUnnoticed(StreamId id) => _unnoticed.ContainsKey(id);

    public void Hide(StreamId id) => _unnoticed[id] = true;

    /// <summary>The stream has another owner, who will notice.</summary>
    public void End(StreamId id) => _unnoticed.TryRemove(id, out _);
}
