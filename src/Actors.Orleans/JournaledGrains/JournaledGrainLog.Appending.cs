using Actors.Orleans.Streams;
using Actors.Wal;

namespace Actors.Orleans.JournaledGrains;

// Appends the raised events. One append is under way at a time, and takes the events that have gathered.
internal sealed partial class JournaledGrainLog<TView, TEntry>
{
    /// <summary>Appends after the current turn, so that the events of one turn are appended together. A confirmation starts it earlier.</summary>
    private async void StartWorkSoon()
    {
        await Task.Yield();
        StartWork();
    }

    private void StartWork()
    {
        if (_work.IsCompleted && _pending.Any && _confirmed.Fault is null)
            _work = AppendAllAsync();
    }

    /// <summary>Appends until no events are left. Never fails: errors go to the calls that wait for the events.</summary>
    private async Task AppendAllAsync()
    {
        while (_confirmed.Fault is null && TakeBatch() is { } batch)
        {
            AppendResult result;
            try
            {
                result = await Stream.AppendAsync(batch.Events, Version);
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
        SubmissionBatch<TEntry>? batch = _pending.TakeBatch(Version);
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
                    _confirmed.Apply(sequence, entry, submission.Bytes / submission.Entries.Count, result.LastLsn);
                    sequence = sequence.Next;
                }

                _statistics.CountWritten(_kind.Time.GetElapsedTime(submission.RaisedAt));
            }
        }
        catch (Exception e)
        {
            Fail(e);
            return;
        }

        if (_issue is { } issue)
        {
            _issue = null;
            CallBack(() => _host.OnConnectionIssueResolved(issue), nameof(_host.OnConnectionIssueResolved));
        }

        _pending.Settle(batch);
        CallBack(tentative: false, confirmed: true);
        _confirmed.Checkpoints.TakeWhenDue(Stream, _confirmed.State);
    }

    /// <summary>
    /// Handles a failed append. If the log may accept the next append, all waiting events fail too, because they were raised on top of
    /// the rejected ones. Otherwise the activation ends.
    /// </summary>
    private void Refuse(Exception error)
    {
        if (error is not AppendRejectedException || error is FencedException or SequenceConflictException or StoreFailedException or StoreClosedException)
        {
            Fail(StreamErrors.Translate(error));
            return;
        }

        _tentative = null;
        _issue = WriteAheadLogIssue.After(_issue, error, _kind.Time.GetUtcNow());
        WriteAheadLogIssue issue = _issue;
        _pending.Fail(error);
        CallBack(tentative: true, confirmed: false);
        CallBack(() => _host.OnConnectionIssue(issue), nameof(_host.OnConnectionIssue));
    }

    private void Fail(Exception error)
    {
        if (_confirmed.Fail(error))
            _pending.Fail(error);
    }

    private async Task ClearAsync()
    {
        await _confirmed.Checkpoints.Running;
        try
        {
            await _confirmed.ClearAsync();
        }
        catch (Exception e)
        {
            Fail(e);
            throw;
        }

        _tentative = null;
        CallBack(tentative: true, confirmed: true);
    }
}
