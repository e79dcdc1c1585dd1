using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Actors.Wal.Postgres.Streams;

/// <summary>The streams that this store has open, by their numbers, each with its last owner in this process.</summary>
internal sealed class OwnedStreams
{
    private readonly ConcurrentDictionary<long, OwnedStream> _streams = new();

    public int Count => _streams.Count;

    public IEnumerable<OwnedStream> All => _streams.Select(s => s.Value);

    public bool TryGet(long id, [NotNullWhen(true)] out OwnedStream? stream) => _streams.TryGetValue(id, out stream);

    public void Add(OwnedStream stream) => _streams.AddOrUpdate(stream.Id, stream, (_, before) =>
    {
        // Two openings in this process may arrive in either order. The one with the greater epoch is the owner.
        OwnedStream older = before.Epoch > stream.Epoch ? stream : before;
        older.Lose(OwnedStream.OvertakenReason);
        return older == stream ? before : stream;
    });

    public void Remove(OwnedStream stream) => _streams.TryRemove(new KeyValuePair<long, OwnedStream>(stream.Id, stream));
}
