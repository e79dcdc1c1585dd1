using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Segments;
using Actors.Wal.Streams;

namespace Actors.Wal.Compaction;

/// <summary>
/// Frees the space of frames that no reader can reach: write, flush, publish, delete. Frames keep their locations, so nothing that
/// points to them changes. A frame is dropped only after the record that made it dead is durable, and its stream and the index
/// agree that it is dead.
/// </summary>
internal sealed class Compactor(
    LocalLogStoreOptions options,
    Publication publication,
    StoreSize size,
    CompactionChoice choice,
    SegmentCopy copy,
    SegmentReplacement replacement,
    CompactionCounters counters)
{
    private ColdSegmentHeader? _written;
    private Lsn _retryAt;
    private volatile bool _stopping;

    /// <summary>Requests a flush of all acknowledged records.</summary>
    public Action RequestFlush { get; set; } = static () => { };

    /// <summary>Called with the bytes that were read and written since the last call. The call may wait.</summary>
    public Action<long> Pace { get; set; } = static _ => { };

    /// <summary>Whether no cold segment waits to be published.</summary>
    public bool IsIdle => _written is null;

    public CompactionCounters Counters => counters;

    /// <summary>Ends the work in progress and prevents further work.</summary>
    public void Stop()
    {
        _stopping = true;
        choice.Shares.Stop();
    }

    /// <summary>Sets the share of the log that may be dead from now on; null for the share that the options state.</summary>
    /// <param name="maxDeadShare">The share.</param>
    /// <param name="compress">Whether all segments are compressed, regardless of their age.</param>
    public void Want(double? maxDeadShare, bool compress = false)
    {
        choice.Want(maxDeadShare, compress);
        _retryAt = Lsn.Zero;
    }

    /// <summary>Does one piece of work.</summary>
    /// <returns>Whether to call again at once; false when there is nothing to do or a flush must come first.</returns>
    public bool Step()
    {
        if (_stopping || replacement.IsBroken)
            return false;
        try
        {
            if (!replacement.IsFinished)
                replacement.Finish();
            if (_written is { } written)
                return publication.End.Durable >= written.AsOf ? Publish(written) : WaitForFlush();
            return publication.Published >= _retryAt && Copy();
        }
        catch (LogCorruptException e) when (choice.Shares.NoteDamage(e))
        {
            // The log is unchanged. The damaged segment is left as it is, and others are compacted.
            counters.CountFailure(e);
            _written = null;
            return true;
        }
        catch (Exception e)
        {
            // The log is unchanged. The next attempt comes after about as many records as a segment holds, and deletes what this one
            // has written.
            counters.CountFailure(e);
            _written = null;
            _retryAt = new Lsn(publication.Published.Value + (options.SegmentBytes / 256));
            return false;
        }
    }

    /// <summary>Chooses segments and copies their live frames.</summary>
    private bool Copy()
    {
        if (!choice.TryChoose(out CompactionRun? run))
            return true;
        if (run is not null)
            _written = copy.Write(run, UnixMicros.Of(options.Time.GetUtcNow()), PaceOrStop);
        return _written is not null;
    }

    private bool PaceOrStop(long bytes)
    {
        counters.CountCopied(bytes);
        if (!size.IsTight)
            Pace(bytes);
        return !_stopping;
    }

    private bool WaitForFlush()
    {
        RequestFlush();
        return false;
    }

    /// <summary>Replaces segments by the cold segment.</summary>
    private bool Publish(ColdSegmentHeader header)
    {
        _written = null;
        ColdSegment cold = replacement.Publish(header, out IReadOnlyList<Segment> replaced);
        choice.Shares.NoteLive(cold);
        counters.CountCompaction(replaced.Count, replaced.Sum(s => s.LengthBytes), header.FileBytes);
        replacement.Finish();
        return true;
    }
}
