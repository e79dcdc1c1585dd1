using System.Buffers;
using Actors.Wal;

namespace Actors.Orleans.Codecs;

/// <summary>
/// The idempotency keys of the last appends to a grain's log, each with the version after its append. Without
/// keys it takes no memory.
/// </summary>
/// <param name="limit">How many keys are remembered.</param>
internal sealed class IdempotencyWindow(int limit)
{
    private Dictionary<string, Sequence>? _versions;
    private Queue<string>? _oldestFirst;

    public bool IsEmpty => _versions is not { Count: > 0 };

    public bool TryGet(string key, out Sequence version)
    {
        version = default;
        return _versions is not null && _versions.TryGetValue(key, out version);
    }

    public void Add(string key, Sequence version)
    {
        _versions ??= new Dictionary<string, Sequence>(StringComparer.Ordinal);
        _oldestFirst ??= new Queue<string>();
        if (!_versions.ContainsKey(key))
            _oldestFirst.Enqueue(key);
        _versions[key] = version;
        while (_oldestFirst.Count > limit)
            _versions.Remove(_oldestFirst.Dequeue());
    }

    public void Clear()
    {
        _versions = null;
        _oldestFirst = null;
    }

    /// <summary>Writes the keys in front of a checkpoint's state.</summary>
    public void Write(IBufferWriter<byte> target)
        => KeyedPayload.Write(target, [.. (_oldestFirst ?? []).Select(key => KeyValuePair.Create(key, _versions![key]))]);
}
