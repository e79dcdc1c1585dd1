namespace Actors.Orleans.GrainLogs;

/// <summary>How much a stream has grown since its last snapshot, for those whose snapshots may be large.</summary>
internal sealed class SnapshotTail
{
    private long _snapshotBytes;
    private long _bytes;
    private long _appends;

    /// <summary>
    /// Whether a snapshot is worth it: the options want one, and it does not write more than was appended since the last one,
    /// so that snapshots at most double what is written.
    /// </summary>
    public bool IsLong(WriteAheadLogOptions options)
        => (_appends >= options.CheckpointEvents || _bytes >= options.CheckpointBytes) && _bytes >= _snapshotBytes;

    /// <summary>A snapshot of so many bytes.</summary>
    public void StartAt(long snapshotBytes)
    {
        _snapshotBytes = snapshotBytes;
        _bytes = 0;
        _appends = 0;
    }

    /// <summary>More of the snapshot.</summary>
    public void Extend(long snapshotBytes) => _snapshotBytes += snapshotBytes;

    public void Count(long bytes)
    {
        _bytes += bytes;
        _appends++;
    }
}
