using Actors.Wal.Postgres.Streams;

namespace Actors.Wal.Postgres.Commit;

/// <summary>
/// Makes batches of the accepted requests, in their order. A request waits while another batch has rows of one of its streams. All later
/// requests for its streams wait with it.
/// </summary>
internal sealed class Gathering(PostgresAppendQueue queue)
{
    private readonly Lock _gate = new();
    private readonly List<PostgresAppendRequest> _waiting = [];
    private readonly HashSet<OwnedStream> _held = [];
    private List<PostgresAppendRequest> _taken = [];

    /// <summary>Makes the next batch of a committer.</summary>
    /// <param name="committer">The committer's number.</param>
    /// <param name="batch">The committer's last batch, whose outcome is decided. It is emptied and becomes the next batch.</param>
    /// <param name="refused">Gets the requests that were rejected.</param>
    /// <returns>False if there is nothing to do, and the committer ends.</returns>
    public bool TryNext(int committer, CommitBatch batch, List<PostgresAppendRequest> refused)
    {
        lock (_gate)
        {
            queue.CountUnderWay(-batch.Requests.Count);
            batch.Clear();
            while (queue.TryTake(committer, _waiting.Count, ref _taken))
            {
                _waiting.AddRange(_taken);
                _taken.Clear();
                Gather(batch, refused);
                if (!batch.IsEmpty || refused.Count > 0)
                    return true;
                if (queue.TryEnd(committer))
                    return false;
            }

            return false;
        }
    }

    private void Gather(CommitBatch batch, List<PostgresAppendRequest> refused)
    {
        _held.Clear();
        int kept = 0;
        int next = 0;
        for (; next < _waiting.Count; next++)
        {
            PostgresAppendRequest request = _waiting[next];
            if (IsHeld(request, batch))
            {
                foreach (AppendPart part in request.Parts)
                    _held.Add(part.Stream);
                _waiting[kept++] = request;
                continue;
            }

            if (!batch.TryTake(request, out Exception? refusal))
                break;
            if (refusal is null)
                continue;
            request.Fail(refusal);
            refused.Add(request);
        }

        _waiting.RemoveRange(kept, next - kept);
        batch.Close();
        queue.CountUnderWay(batch.Requests.Count);
    }

    private bool IsHeld(PostgresAppendRequest request, CommitBatch batch)
    {
        foreach (AppendPart part in request.Parts)
        {
            if ((part.Stream.UnderWay is { } rows && rows.Batch != batch) || (_held.Count > 0 && _held.Contains(part.Stream)))
                return true;
        }

        return false;
    }
}
