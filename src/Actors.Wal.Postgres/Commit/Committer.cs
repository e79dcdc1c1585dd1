using Actors.Wal.Commit;
using Actors.Wal.Postgres.Servers;
using Actors.Wal.Postgres.Upkeep;

namespace Actors.Wal.Postgres.Commit;

/// <summary>
/// Commits what has gathered while the commit before was under way: one statement, one round trip, for all streams. One at
/// a time: two streams of one owner never wait for each other's rows. It runs while there is something to commit; the caller who
/// finds it at rest sends its own append, and one who is alone goes on on the thread that read the answer.
/// </summary>
internal sealed class Committer : IAsyncDisposable
{
    private readonly PostgresLogStoreOptions _options;
    private readonly AppendStatement _statement;
    private readonly Session _session;
    private readonly TrimList _trims;
    private readonly CompletionQueue<AppendRequest> _completions = new(onPool: true);

    // Of whoever commits.
    private List<AppendRequest> _taken = [];
    private int _next;
    private readonly List<AppendRequest> _refused = [];

    public Committer(PostgresLogStoreOptions options, AppendStatement statement, Session session, TrimList trims)
    {
        _options = options;
        _statement = statement;
        _session = session;
        _trims = trims;
        Queue = new AppendQueue(options.MaxBatchBytes * 2L, Begin);
    }

    public AppendQueue Queue { get; }

    public CommitCounters Counters { get; } = new();

    /// <summary>Commits what was accepted, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await Queue.CloseAsync().ConfigureAwait(false);
        await _statement.DisposeAsync().ConfigureAwait(false);
        await _session.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>What is committed from now on is not only this caller's, and none of its context goes with it.</summary>
    private void Begin()
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            _ = RunAsync();
            return;
        }

        using (ExecutionContext.SuppressFlow())
            _ = RunAsync();
    }

    private async Task RunAsync()
    {
        while (HasMore())
        {
            CommitBatch batch = Gather();
            Release(_refused);
            _completions.Complete(_refused);
            _refused.Clear();
            if (batch.IsEmpty)
                continue;
            try
            {
                await new Commit(_options, _statement, _session, batch, Counters, _trims).RunAsync().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // Not known to happen. The owners must not go on as if nothing had been sent.
                foreach (StreamBatch stream in batch.Streams)
                    stream.Stream.Lose("a commit ended with an error that nobody expected.");
                foreach (AppendRequest request in batch.Requests)
                    request.Fail(new AppendOutcomeUnknownException("A commit ended with an error that nobody expected; the append may or may not be in the log. Open the stream again to learn.", e));
            }

            Release(batch.Requests);
            if (batch.Requests is [var only] && !HasMore())
            {
                // Somebody else may commit from here on.
                only.Execute();
                return;
            }

            _completions.Complete(batch.Requests);
        }
    }

    private bool HasMore(bool orEnd = true)
    {
        if (_next < _taken.Count)
            return true;
        _taken.Clear();
        _next = 0;
        return Queue.TryTake(ref _taken, orEnd);
    }

    private CommitBatch Gather()
    {
        var batch = new CommitBatch(_options);
        while (HasMore(orEnd: false) && batch.TryTake(_taken[_next], out Exception? refusal))
        {
            AppendRequest request = _taken[_next++];
            if (refusal is null)
                continue;
            request.Fail(refusal);
            _refused.Add(request);
        }

        batch.Close();
        return batch;
    }

    /// <summary>Lets in who waits for room.</summary>
    private void Release(List<AppendRequest> requests)
    {
        if (requests.Count == 0)
            return;
        long bytes = 0;
        foreach (AppendRequest request in requests)
            bytes += request.Bytes;
        Queue.Release(bytes);
    }
}
