using System.Diagnostics;
using Actors.Wal.Format;
using Actors.Wal.Segments;
using Actors.Wal.Storage;
using Actors.Wal.Streams;

namespace Actors.Wal.Commit;

/// <summary>
/// The commit path, one step at a time: take the gathered requests, write, flush, publish and acknowledge them.
/// Exactly one batch is between write and acknowledgement. A thread calls <see cref="Step"/>; so can a simulator.
/// </summary>
internal sealed class Committer(
    LocalLogStoreOptions options,
    IStorage storage,
    AppendQueue queue,
    LogWriter writer,
    SegmentSupply supply,
    SegmentSet segments,
    Publication publication,
    CompletionQueue<AppendRequest> completions)
{
    private readonly TimeProvider _time = options.Time;

    // Segments that were left get their footers when a batch of the next segment is durable: the footer says that a successor exists.
    private readonly List<SealedSegment> _left = [];
    private long? _flushDue;
    private long _lastCommit = options.Time.GetTimestamp();

    public CommitCounters Counters { get; } = new();

    /// <summary>The number of requests that the last commit acknowledged; the next one may expect about as many.</summary>
    public int LastGroupSize { get; private set; }

    /// <summary>Commits once.</summary>
    /// <returns>Whether there was anything to do.</returns>
    public bool Step()
    {
        CommitGroup? group = queue.Take(mark: false);
        if (group is null)
            return RunDueWork();
        Commit(group);
        FlushIfDue();
        return true;
    }

    /// <summary>Writes and flushes a mark, which proves that the batches before it are durable.</summary>
    public void WriteMark()
    {
        if (queue.Take(mark: true) is { } group)
            Commit(group);
    }

    /// <summary>The time until a step has something to do without new requests; null for never.</summary>
    public TimeSpan? UntilDue()
    {
        long now = _time.GetTimestamp();
        TimeSpan? flush = _flushDue is { } due ? _time.GetElapsedTime(now, due) : null;
        TimeSpan? mark = NeedsMark ? options.IdleMark - _time.GetElapsedTime(_lastCommit, now) : null;
        if (queue.Failure is not null || (flush is null && mark is null))
            return null;
        TimeSpan first = flush is null ? mark!.Value : mark is null || flush < mark ? flush.Value : mark.Value;
        return first < TimeSpan.Zero ? TimeSpan.Zero : first;
    }

    /// <summary>Makes everything durable and ends the log. Called when no more appends can come.</summary>
    public void Close()
    {
        while (Step())
        {
        }

        if (queue.Failure is not null)
            return;
        try
        {
            Sync();
            writer.Close(NowMicros())?.Finish();
        }
        catch (Exception e)
        {
            Fail(null, e);
            throw new AppendOutcomeUnknownException("The store failed while closing: what was appended under a sync policy other than Always may be lost.", e);
        }
    }

    /// <summary>Closes files without writing, after a failure.</summary>
    public void Abandon()
    {
        foreach (SealedSegment left in _left)
            left.File.Dispose();
        _left.Clear();
        writer.Dispose();
    }

    /// <summary>Stops the store for good: no write may follow a failed one.</summary>
    public void Fail(CommitGroup? inFlight, Exception error)
    {
        Metrics.Failures.Add(1);
        List<AppendRequest> stranded = queue.Fail(error);
        foreach (AppendRequest request in stranded)
            request.Fail(new StoreFailedException("The store failed before this call was written; nothing of it was. Close the store and open it again.", error));
        completions.Complete(stranded);
        if (inFlight is null)
            return;
        foreach (AppendRequest request in inFlight.Requests)
        {
            request.Fail(new AppendOutcomeUnknownException(
                $"The store in '{options.Directory}' failed after LSN {writer.Durable} while this call was being written: {error.Message} It may or may not be in the log. Close the store, open it again and read the stream to learn which.", error));
        }

        completions.Complete(inFlight.Requests);
    }

    private bool NeedsMark => writer.IsSynced && !writer.IsProven;

    private void Commit(CommitGroup group)
    {
        try
        {
            if (group.Batch is { } batch)
                Write(batch);
            if (group.FlushBeforeAcknowledge)
                Sync();
            else if (group.FlushWithin is { } interval && !writer.IsSynced)
                PlanFlush(interval);
        }
        catch (Exception e)
        {
            Fail(group, e);
            return;
        }

        LastGroupSize = group.Requests.Count;
        if (group.Batch is { Location: { } place } written)
            segments.Find(place.Segment)!.LengthBytes = place.OffsetBytes + written.LengthBytes;
        publication.Publish(new LogEnd(writer.Written, writer.Durable), group.Requests);
        completions.Complete(group.Requests);
        _lastCommit = _time.GetTimestamp();
        queue.Release(group);
    }

    private void Write(BatchBuffer batch)
    {
        if (batch.StartsSegment is { } next)
        {
            if (writer.Roll(next, batch.TimeMicros) is { } left)
            {
                // Roll has flushed the segment that follows those in the list.
                FinishLeft();
                _left.Add(left);
            }

            segments.Add(new LogSegment(storage, next.Number, batch.FirstLsn, 0));
        }

        writer.Write(batch);
        Counters.CountBatch(batch.FrameCount, batch.LengthBytes);
    }

    private void Sync()
    {
        _flushDue = null;
        long start = Stopwatch.GetTimestamp();
        if (writer.Sync())
            Counters.CountFlush(Stopwatch.GetElapsedTime(start));
        FinishLeft();
    }

    private void FinishLeft()
    {
        foreach (SealedSegment left in _left)
            supply.Finish(left);
        _left.Clear();
    }

    private void PlanFlush(TimeSpan interval)
    {
        long due = _time.GetTimestamp() + (long)(interval.TotalSeconds * _time.TimestampFrequency);
        if (_flushDue is null || due < _flushDue)
            _flushDue = due;
    }

    /// <summary>Flushes when the oldest write that is not durable has reached its interval. Nothing is flushed after a failure.</summary>
    /// <returns>Whether a flush was due.</returns>
    private bool FlushIfDue()
    {
        if (_flushDue is not { } due || due > _time.GetTimestamp() || queue.Failure is not null)
            return false;
        try
        {
            Sync();
            publication.PublishDurable(writer.Durable);
        }
        catch (Exception e)
        {
            Fail(null, e);
        }

        return true;
    }

    /// <summary>Flushes when an interval has passed, or writes the mark that proves an idle log's last batch durable.</summary>
    private bool RunDueWork()
    {
        if (UntilDue() is not { } wait || wait > TimeSpan.Zero)
            return false;
        if (FlushIfDue())
            return true;

        if (queue.Take(mark: true) is not { } group)
        {
            // No segment is ready for the mark; try again after the same time.
            _lastCommit = _time.GetTimestamp();
            return false;
        }

        Commit(group);
        return true;
    }

    private long NowMicros() => UnixMicros.Of(_time.GetUtcNow());
}
