using Actors.Wal.Postgres.Streams;

namespace Actors.Wal.Postgres.Commit;

/// <summary>The rows of many streams that one statement commits.</summary>
internal sealed class CommitBatch(PostgresLogStoreOptions options)
{
    private readonly List<StreamBatch> _streams = [];
    private readonly List<PostgresAppendRequest> _requests = [];
    private int _records;

    public long Bytes { get; private set; }

    public bool IsEmpty => _requests.Count == 0;

    public List<PostgresAppendRequest> Requests => _requests;

    /// <summary>The streams' parts; ordered by the streams' numbers once <see cref="Close"/> was called.</summary>
    public IReadOnlyList<StreamBatch> Streams => _streams;

    /// <summary>Adds a request to the batch, or rejects it. No other batch may have rows of its streams.</summary>
    /// <param name="request">The request.</param>
    /// <param name="refusal">The error of a rejected request; null if the request was added or has to wait.</param>
    /// <returns>False if the request has to wait for the next statement.</returns>
    public bool TryTake(PostgresAppendRequest request, out Exception? refusal)
    {
        refusal = null;
        int records = 0;
        foreach (AppendPart part in request.Parts)
            records += Math.Max(1, part.Events.Length);
        if (!IsEmpty && (Bytes + request.Bytes > options.MaxBatchBytes || _records + records > Positions.MaxRecords))
            return false;

        // The streams of an atomic append have no other append in the batch, because all of its parts are committed or none.
        bool isGroup = request.Parts.Length > 1;
        foreach (AppendPart part in request.Parts)
        {
            if (part.Stream.UnderWay is { } batch && (isGroup || batch.Group != 0))
                return false;
        }

        foreach (AppendPart part in request.Parts)
        {
            StreamBatch? batch = part.Stream.UnderWay;
            refusal = batch is { IsDeletion: true }
                ? new FencedException(part.Stream.Name, new Epoch(part.Stream.Epoch), OwnedStream.DeletedReason)
                : PostgresAppendRules.Refuse(part, batch?.Tail ?? part.Stream.Tail);
            if (refusal is not null)
                return true;
        }

        foreach (AppendPart part in request.Parts)
            Join(part, isGroup ? _requests.Count + 1 : 0);
        _requests.Add(request);
        Bytes += request.Bytes;
        _records += records;
        return true;
    }

    /// <summary>Sorts the streams by number, because two statements that insert in one order don't deadlock. Then numbers the records.</summary>
    public void Close()
    {
        _streams.Sort(static (a, b) => a.Stream.Id.CompareTo(b.Stream.Id));
        int ordinal = 0;
        foreach (StreamBatch stream in _streams)
        {
            foreach (Row row in stream.Rows)
            {
                row.Ordinal = ordinal;
                ordinal += row.Records;
            }
        }
    }

    /// <summary>Empties the batch after its outcome is decided. Its streams may then be in another batch.</summary>
    public void Clear()
    {
        foreach (StreamBatch stream in _streams)
            stream.Stream.UnderWay = null;
        _streams.Clear();
        _requests.Clear();
        _records = 0;
        Bytes = 0;
    }

    private void Join(AppendPart part, int group)
    {
        if (part.Stream.UnderWay is not { } batch)
        {
            batch = new StreamBatch(this, part.Stream, group);
            part.Stream.UnderWay = batch;
            _streams.Add(batch);
        }

        batch.Add(part);
    }
}
