using Actors.Orleans.Codecs;
using Actors.Wal;

namespace Actors.Orleans.Journaled;

/// <summary>The events that were raised and are not confirmed yet, in their order, and those who wait for them.</summary>
internal sealed class SubmissionQueue<TEntry>(PayloadCodec<TEntry> codec)
{
    // One append takes so many at most: what it waits for is one flush, and a batch has an end.
    private const int MostEvents = 1000;
    private const int MostBytes = 128 * 1024;

    private readonly List<Submission<TEntry>> _submissions = [];
    private readonly List<TaskCompletionSource> _waiters = [];
    private long _raised;
    private Exception? _unreported;

    public bool Any => _submissions.Count > 0;

    /// <summary>Events.</summary>
    public int Count { get; private set; }

    public IEnumerable<TEntry> Entries => _submissions.SelectMany(s => s.Entries);

    /// <summary>The events for the tentative view.</summary>
    public IEnumerable<TEntry> Copies => _submissions.SelectMany(CopiesOf);

    /// <summary>The events of one for the tentative view.</summary>
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

    /// <summary>Ends when all that was raised so far is confirmed; fails when some of it was refused, and nobody was told yet.</summary>
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

    /// <summary>The next events to append; null when there are none. Conditional ones whose version has passed are answered.</summary>
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

    /// <summary>A batch was appended and applied.</summary>
    public void Settle(SubmissionBatch<TEntry> batch)
    {
        Remove(0, batch.Submissions.Count);
        foreach (Submission<TEntry> submission in batch.Submissions)
            submission.Appended?.TrySetResult(true);
        Answer();
    }

    /// <summary>Gives up everything. If nobody waits for it, the next one who asks is told.</summary>
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

    /// <summary>Answers those who wait for nothing any more: submissions leave in the order in which they came.</summary>
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

/// <summary>Events that are appended together, and where they come from.</summary>
internal sealed class SubmissionBatch<TEntry>
{
    public List<Submission<TEntry>> Submissions { get; } = [];

    public List<EventData> Events { get; } = [];
}
