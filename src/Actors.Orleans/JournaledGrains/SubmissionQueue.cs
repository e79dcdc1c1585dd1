using Actors.Orleans.Codecs;
using Actors.Wal;

namespace Actors.Orleans.JournaledGrains;

/// <summary>The queue of the events that were raised and are not confirmed yet, and of the calls that wait for them.</summary>
internal sealed class SubmissionQueue<TEntry>(PayloadCodec<TEntry> codec)
{
    // The limits of one append. An append waits for one flush, and the size of a batch is limited.
    private const int MostEvents = 1000;
    private const int MostBytes = 128 * 1024;

    private readonly List<Submission<TEntry>> _submissions = [];
    private readonly List<TaskCompletionSource> _waiters = [];
    private long _raised;
    private Exception? _unreported;

    public bool Any => _submissions.Count > 0;

    /// <summary>The number of events.</summary>
    public int Count { get; private set; }

    public IEnumerable<TEntry> Entries => _submissions.SelectMany(s => s.Entries);

    /// <summary>The events for the tentative view.</summary>
    public IEnumerable<TEntry> Copies => _submissions.SelectMany(CopiesOf);

    /// <summary>The events of a submission for the tentative view.</summary>
    public IEnumerable<TEntry> CopiesOf(Submission<TEntry> submission) => submission.CopiesOf(codec);

    /// <summary>Encodes events.</summary>
    public Submission<TEntry> Make(List<TEntry> entries, Sequence? expected, long now)
    {
        var submission = new Submission<TEntry>
        {
            RaisedAt = now,
            Expected = expected,
            Appended = expected is null ? null : new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously),
        };
        try
        {
            foreach (TEntry entry in entries)
                submission.Add(entry, codec);
            return submission;
        }
        catch
        {
            submission.Release();
            throw;
        }
    }

    public void Add(Submission<TEntry> submission)
    {
        _submissions.Add(submission);
        Count += submission.Entries.Count;
        _raised++;
    }

    /// <summary>Completes when all events raised so far are confirmed. Fails when some were rejected and no caller was told yet.</summary>
    public Task WhenSettled()
    {
        if (_unreported is { } error)
        {
            _unreported = null;
            return Task.FromException(error);
        }

        if (!Any)
            return Task.CompletedTask;
        var waiter = new TaskCompletionSource(_raised, TaskCreationOptions.RunContinuationsAsynchronously);
        _waiters.Add(waiter);
        return waiter.Task;
    }

    /// <summary>Takes the next events to append; null when there are none. Answers conditional events whose version has passed.</summary>
    public SubmissionBatch<TEntry>? TakeBatch(Sequence version)
    {
        var batch = new SubmissionBatch<TEntry>();
        int bytes = 0;
        for (int i = 0; i < _submissions.Count;)
        {
            Submission<TEntry> next = _submissions[i];
            if (next.Expected is { } expected && expected.Value != version.Value + batch.Events.Count)
            {
                Remove(i, 1);
                next.Appended!.TrySetResult(false);
                continue;
            }

            if (batch.Events.Count > 0 && (batch.Events.Count + next.Entries.Count > MostEvents || bytes + next.Bytes > MostBytes))
                break;
            next.AddTo(batch.Events, codec.Number);
            batch.Submissions.Add(next);
            bytes += next.Bytes;
            i++;
        }

        if (batch.Events.Count > 0)
            return batch;
        Answer();
        return null;
    }

    /// <summary>Removes a batch that was appended and applied, and answers the calls that wait for its events.</summary>
    public void Settle(SubmissionBatch<TEntry> batch)
    {
        Remove(0, batch.Submissions.Count);
        foreach (Submission<TEntry> submission in batch.Submissions)
            submission.Appended?.TrySetResult(true);
        Answer();
    }

    /// <summary>Fails all submissions. If no call waits for them, the next call of <see cref="WhenSettled"/> fails.</summary>
    public void Fail(Exception error)
    {
        bool isReported = _waiters.Count > 0 || _submissions.TrueForAll(s => s.Appended is not null);
        List<Submission<TEntry>> failed = [.. _submissions];
        Remove(0, failed.Count);
        foreach (Submission<TEntry> submission in failed)
            submission.Appended?.TrySetException(error);
        foreach (TaskCompletionSource waiter in _waiters)
            waiter.TrySetException(error);
        _waiters.Clear();
        if (!isReported)
            _unreported = error;
    }

    private void Remove(int first, int count)
    {
        for (int i = first; i < first + count; i++)
        {
            Count -= _submissions[i].Entries.Count;
            _submissions[i].Release();
        }

        _submissions.RemoveRange(first, count);
    }

    /// <summary>Answers the calls whose events are all settled. Submissions leave the queue in the order in which they were added.</summary>
    private void Answer()
    {
        long settled = _raised - _submissions.Count;
        while (_waiters.Count > 0 && (long)_waiters[0].Task.AsyncState! <= settled)
        {
            _waiters[0].TrySetResult();
            _waiters.RemoveAt(0);
        }
    }
}

/// <summary>Events that are appended together, and the submissions that they come from.</summary>
internal sealed class SubmissionBatch<TEntry>
{
    public List<Submission<TEntry>> Submissions { get; } = [];

    public List<EventData> Events { get; } = [];
}
