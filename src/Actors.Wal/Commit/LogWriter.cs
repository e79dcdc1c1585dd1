using Actors.Wal.Format;
using Actors.Wal.Segments;

namespace Actors.Wal.Commit;

/// <summary>
/// Writes batches to segment files, one after the other. Keeps the chain of checksums, changes to the next segment, and tracks
/// what is known to be durable. Used by one commit step at a time; never used again after it threw.
/// </summary>
internal sealed class LogWriter(Guid storeId, long directoryEpoch, LogPosition start) : IDisposable
{
    private readonly ulong _storeSeed = Checksum.StoreSeed(storeId);
    private PreparedSegment? _segment;
    private Predecessor? _predecessor = start.Predecessor;
    private ulong _previousChecksum;
    private ulong _lastBatch = start.LastBatch;
    private long _endBytes;
    private long _segmentFrames;

    /// <summary>The last record written.</summary>
    public Lsn Written { get; private set; } = start.LastLsn;

    /// <summary>The last record known to be durable.</summary>
    public Lsn Durable { get; private set; } = start.LastLsn;

    /// <summary>The last batch known to be durable.</summary>
    public ulong DurableBatch { get; private set; } = start.LastBatch;

    public bool IsSynced => DurableBatch == _lastBatch;

    /// <summary>Whether a durable batch in the log proves that every record is durable.</summary>
    public bool IsProven { get; private set; } = true;

    /// <summary>Starts a segment. Flushes the one before it, because the header that is written next says that it is durable.</summary>
    /// <returns>The segment left behind, to be sealed; null for the first.</returns>
    public SealedSegment? Roll(PreparedSegment next, long timeMicros)
    {
        SealedSegment? left = null;
        if (_segment is { } old)
        {
            Sync();
            left = Seal(hasSuccessor: true, timeMicros);
            _predecessor = new Predecessor(old.Number, _endBytes, Written, _lastBatch, _previousChecksum);
        }

        _segment = next;
        _endBytes = 0;
        _segmentFrames = 0;
        return left;
    }

    /// <summary>Writes a batch with one write, preceded by the segment's header if it is the segment's first.</summary>
    public void Write(BatchBuffer batch)
    {
        FrameLocation location = batch.Location!.Value;
        PreparedSegment segment = _segment!;
        bool first = _endBytes == 0;
        if (first)
        {
            var header = new SegmentHeader(segment.Number, _predecessor, directoryEpoch, batch.TimeMicros, Durable, segment.SegmentBytes);
            _previousChecksum = header.Write(batch.SegmentHeader, storeId, _storeSeed);
        }

        batch.Seal(_storeSeed);
        var body = new FrameLocation(location.Segment, location.OffsetBytes + BatchHeader.SizeBytes);
        var batchHeader = new BatchHeader(
            batch.BodyBytes,
            batch.FrameCount,
            _lastBatch + 1,
            _previousChecksum,
            directoryEpoch,
            batch.FirstLsn,
            batch.TimeMicros,
            Durable,
            DurableBatch,
            Checksum.Of(batch.Body, _storeSeed, body));
        ulong checksum = batchHeader.Write(batch.Header, _storeSeed, location);
        if (first)
            segment.File.Write(batch.WithSegmentHeader, 0);
        else
            segment.File.Write(batch.WithoutSegmentHeader, location.OffsetBytes);

        _previousChecksum = checksum;
        _lastBatch++;
        _endBytes = location.OffsetBytes + batch.LengthBytes;
        _segmentFrames += batch.FrameCount;
        Written = new Lsn(batch.FirstLsn.Value + batch.FrameCount - 1);
        // A mark adds no record that needs a proof. Once it is durable, it proves the batches before it.
        IsProven = batch.FrameCount == 0 && Durable == Written;
    }

    /// <summary>Makes everything written durable. An error is final.</summary>
    /// <returns>Whether there was anything to flush.</returns>
    public bool Sync()
    {
        if (IsSynced)
            return false;
        _segment!.File.SyncData();
        Durable = Written;
        DurableBatch = _lastBatch;
        return true;
    }

    /// <summary>Ends the log for a clean close: flushes, and returns the last segment with its footer, if a batch was written.</summary>
    public SealedSegment? Close(long timeMicros)
    {
        if (_segment is null || _endBytes == 0)
            return null;
        Sync();
        SealedSegment last = Seal(hasSuccessor: false, timeMicros);
        _segment = null;
        return last;
    }

    public void Dispose() => _segment?.File.Dispose();

    private SealedSegment Seal(bool hasSuccessor, long timeMicros)
        => new(_segment!.File, _segment.Number, _storeSeed, new SegmentFooter(
            hasSuccessor, _endBytes, Written, _lastBatch, _previousChecksum, _segmentFrames, timeMicros));
}

/// <summary>The end of the log that recovery found. Writing continues there.</summary>
internal sealed record LogPosition(Lsn LastLsn, ulong LastBatch, Predecessor? Predecessor);
