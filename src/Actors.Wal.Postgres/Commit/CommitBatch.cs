using Actors.Wal.Postgres.Streams;

namespace Actors.Wal.Postgres.Commit;

/// <summary>What one statement is to commit: rows of many streams, in the order of the streams' numbers.</summary>
internal sealed class CommitBatch(PostgresLogStoreOptions options)
{
    private readonly Dictionary<OwnedStream, StreamBatch> _streams = [];
    private readonly List<AppendRequest> _requests = [];
    private readonly HashSet<OwnedStream> _grouped = [];
    private int _records;

    public long Bytes { get; private set; }

    public bool IsEmpty => _requests.Count == 0;

    public IReadOnlyList<AppendRequest> Requests => _requests;

    /// <summary>The streams' parts, ordered: two statements that insert in one order don't deadlock.</summary>
    public IReadOnlyList<StreamBatch> Streams => [.. _streams.Values.OrderBy(s => s.Stream.Id)];

    /// <summary>Whether several streams have to be committed all or none.</summary>
    public bool HasGroups => _grouped.Count > 0;

    /// <summary>Takes a request in, or refuses it and tells it why.</summary>
    /// <returns>False if it has to wait for the next statement.</returns>
    public bool TryTake(AppendRequest request)
    {
        int records = request.Parts.Sum(p => Math.Max(1, p.Events.Count));
        if (!IsEmpty && (Bytes + request.Bytes > options.MaxBatchBytes || _records + records > Positions.MaxRecords))
            return false;

        // What is all or none shares its fate with nobody else.
        bool isGroup = request.Parts.Count > 1;
        if (request.Parts.Any(p => _grouped.Contains(p.Stream) || (isGroup && _streams.ContainsKey(p.Stream))))
            return false;
        foreach (AppendPart part in request.Parts)
        {
            if (AppendRules.Refuse(part, _streams.TryGetValue(part.Stream, out StreamBatch? batch) ? batch.Tail : part.Stream.Tail) is { } refusal)
            {
                request.Fail(refusal);
                return true;
            }

            if (batch?.Rows[^1].Kind == RowKind.Tombstone)
            {
                request.Fail(new FencedException(part.Stream.Name, new Epoch(part.Stream.Epoch), "the stream was deleted."));
                return true;
            }
        }

        foreach (AppendPart part in request.Parts)
        {
            if (!_streams.TryGetValue(part.Stream, out StreamBatch? batch))
                _streams.Add(part.Stream, batch = new StreamBatch(part.Stream, isGroup ? _requests.Count + 1 : 0));
            batch.Add(part);
            if (isGroup)
                _grouped.Add(part.Stream);
        }

        _requests.Add(request);
        Bytes += request.Bytes;
        _records += records;
        return true;
    }
}
