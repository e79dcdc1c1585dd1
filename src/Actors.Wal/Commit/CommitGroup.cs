namespace Actors.Wal.Commit;

/// <summary>The calls that one commit acknowledges together, and the flush that they demand. Two groups take turns.</summary>
internal sealed class CommitGroup
{
    public List<AppendRequest> Requests { get; } = [];

    /// <summary>The frames of the requests; null when there is nothing to write.</summary>
    public BatchBuffer? Batch { get; set; }

    /// <summary>Whether a request demands the flush before its acknowledgement.</summary>
    public bool FlushBeforeAcknowledge { get; private set; }

    /// <summary>The shortest interval that a request demands for the flush after its acknowledgement.</summary>
    public TimeSpan? FlushWithin { get; private set; }

    public void Add(AppendRequest request)
    {
        Requests.Add(request);
        Demand(request.Sync);
    }

    public void Demand(SyncPolicy policy)
    {
        if (policy.Mode == SyncMode.Always)
            FlushBeforeAcknowledge = true;
        else if (policy.Mode == SyncMode.Interval && (FlushWithin is null || policy.Interval < FlushWithin))
            FlushWithin = policy.Interval;
    }

    public void Reset()
    {
        Requests.Clear();
        Batch = null;
        FlushBeforeAcknowledge = false;
        FlushWithin = null;
    }
}
