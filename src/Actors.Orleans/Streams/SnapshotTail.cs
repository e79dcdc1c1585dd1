namespace Actors.Orleans.Streams;

/// <summary>Counts how much a stream has grown since its last snapshot. Used for streams whose snapshots may be large.</summary>
internal sealed class SnapshotTail
{
    private long _snapshotBytes;
    private long _bytes;
    private long _appends;

    /// <summary>
    /// Whether a snapshot is due: the options want one, and at least as many bytes were appended since the last snapshot as that one has.
    /// So snapshots at most double the bytes written.
    /// </summary>
    public bool IsLong(WriteAheadLogOptions options)
        => (_appends >= options.CheckpointEvents || _bytes >= options.CheckpointBytes) && _bytes >= _snapshotBytes;

    /// <summary>Resets the counts after a snapshot of this size.</summary>
    public void StartAt(long snapshotBytes)
    {
        _snapshotBytes = snapshotBytes;
        _bytes = 0;
        _appends = 0;
    }

    /// <summary>Adds the bytes of another part to the size of the snapshot.</summary>
    public void Extend(long snapshotBytes) => _snapshotBytes += snapshotBytes;

    public void Count(long bytes)
    {
        _bytes += bytes;
        _appends++;
    }
}
