using Actors.Orleans.GrainLogs;
using Actors.Wal;

namespace Actors.Orleans.Journaled;

// Appends the raised events. One append is under way at a time, and takes the events that have gathered.
internal sealed partial class JournaledLog<TView, TEntry>
{
    /// <summary>Appends after the current turn, so that the events of one turn are appended together. A confirmation starts it earlier.</summary>
    private async void StartWorkSoon()
    {
        await Task.Yield();
        StartWork();
    }

    private void StartWork()
    {
        if (_work.IsCompleted && _pending.Any && _fault is null)
            _work = AppendAllAsync();
    }

    /// <summary>Appends until no events are left. Never fails: errors go to the calls that wait for the events.</summary>
    private async Task AppendAllAsync()
    {
        while (_fault is null && TakeBatch() is { } batch)
        {
            AppendResult result;
            try
            {
                result = await Stream.AppendAsync(batch.Events, _tail.Version);
            }
            catch (Exception e)
            {
                Refuse(e);
                continue;
            }

            Confirm(batch, result);
        }
    }

    private SubmissionBatch<TEntry>? TakeBatch()
    {
        int count = _pending.Count;
        SubmissionBatch<TEntry>? batch = _pending.TakeBatch(_tail.Version);
        if (_pending.Count != count)
        {
            // Conditional events came too late and were removed. The tentative view still included them.
            _tentative = null;
            CallBack(tentative: true, confirmed: false);
        }

        return batch;
    }

    private void Confirm(SubmissionBatch<TEntry> batch, AppendResult result)
    {
        try
        {
            Sequence sequence = result.First;
            foreach (Submission<TEntry> submission in batch.Submissions)
            {
                foreach (TEntry entry in submission.Entries)
                {
                    _confirmed = _replay.Apply(_confirmed, sequence, entry);
                    _tail.Count(sequence, submission.Bytes / submission.Entries.Count, result.LastLsn);
                    sequence = sequence.Next;
                }

                _statistics.CountWritten(_kind.Time.GetElapsedTime(submission.RaisedAt));
            }
        }
        catch (Exception e)
        {
            Fault(e);
            return;
        }

        if (_issue is { } issue)
        {
            _issue = null;
            CallBack(() => _host.OnConnectionIssueResolved(issue), nameof(_host.OnConnectionIssueResolved));
        }

        _pending.Settle(batch);
        CallBack(tentative: false, confirmed: true);
        _checkpoints.TakeWhenDue(Stream, _confirmed);
    }

    /// <summary>
    /// Handles a failed append. If the log may accept the next append, all waiting events fail too, because they were raised on top of
    /// the rejected ones. Otherwise the activation ends.
    /// </summary>
    private void Refuse(Exception error)
    {
        if (error is not AppendRejectedException || error is FencedException or SequenceConflictException or StoreFailedException or StoreClosedException)
        {
            Fault(LogErrors.Translate(error));
            return;
        }

        _tentative = null;
        _issue = WriteAheadLogIssue.After(_issue, error, _kind.Time.GetUtcNow());
        WriteAheadLogIssue issue = _issue;
        _pending.Fail(error);
        CallBack(tentative: true, confirmed: false);
        CallBack(() => _host.OnConnectionIssue(issue), nameof(_host.OnConnectionIssue));
    }

    private void Fault(Exception error)
    {
        if (_fault is not null)
            return;
        _fault = error;
        Log.Faulted(_kind.Logger, _id, _tail.Version, error);
        _pending.Fail(error);
        _context.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationError, error, $"The log of grain {_context.GrainId} failed: {error.Message}"));
    }

    private async Task ClearAsync()
    {
        await _checkpoints.Running;
        if (Stream.Head != Sequence.Zero)
        {
            try
            {
                await Stream.DeleteAsync(_tail.Version);
                await Stream.DisposeAsync();
                await OpenAsync();
            }
            catch (Exception e)
            {
                Exception error = LogErrors.Translate(e);
                Fault(error);
                throw error;
            }
        }

        _confirmed = new TView();
        _tentative = null;
        _tail.StartAt(Sequence.Zero);
        CallBack(tentative: true, confirmed: true);
    }
}
