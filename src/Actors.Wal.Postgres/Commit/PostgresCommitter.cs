using Actors.Wal.Commit;
using Actors.Wal.Postgres.Servers;
using Actors.Wal.Postgres.Upkeep;

namespace Actors.Wal.Postgres.Commit;

/// <summary>
/// Commits accepted appends with one statement, in one round trip, for all streams. It runs while there is something to commit. A caller
/// that finds it idle sends its own append. The caller of a lone append continues on the thread that read the answer.
/// </summary>
internal sealed class PostgresCommitter(
    int number,
    PostgresLogStoreOptions options,
    PostgresAppendQueue queue,
    Gathering gathering,
    AppendStatement statement,
    PostgresCommitCounters counters,
    TrimList trims) : IAsyncDisposable
{
    private readonly Session _session = new(options.DataSource);
    private readonly CompletionQueue<PostgresAppendRequest> _completions = new(onPool: true);
    private readonly CommitBatch _batch = new(options);
    private readonly List<PostgresAppendRequest> _refused = [];

    /// <summary>Starts the committer without the caller's execution context, because it also commits the appends of other callers.</summary>
    public void Begin()
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            _ = RunAsync();
            return;
        }

        using (ExecutionContext.SuppressFlow())
            _ = RunAsync();
    }

    /// <summary>Closes the connection. The committer must have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await statement.DisposeAsync().ConfigureAwait(false);
        await _session.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        bool hasMore = Gather();
        while (hasMore)
        {
            if (!_batch.IsEmpty)
                await CommitAsync().ConfigureAwait(false);
            Release(_batch.Requests);
            if (_batch.Requests is [var only])
            {
                hasMore = Gather();
                if (hasMore)
                    ThreadPool.UnsafeQueueUserWorkItem(only, preferLocal: false);
                else
                    only.Execute();
                continue;
            }

            _completions.Complete(_batch.Requests);
            hasMore = Gather();
        }
    }

    /// <returns>False if there is nothing to do. Another caller may then have started this committer again, so its fields must not be used.</returns>
    private bool Gather()
    {
        if (!gathering.TryNext(number, _batch, _refused))
            return false;
        if (_refused.Count > 0)
        {
            Release(_refused);
            _completions.Complete(_refused);
            _refused.Clear();
        }

        return true;
    }

    private async Task CommitAsync()
    {
        try
        {
            await new BatchCommit(options, statement, _session, _batch, counters, trims).RunAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Not known to happen. The owners must not go on as if nothing had been sent.
            foreach (StreamBatch stream in _batch.Streams)
                stream.Stream.End("a commit ended with an unexpected error.");
            foreach (PostgresAppendRequest request in _batch.Requests)
                request.Fail(new AppendOutcomeUnknownException("A commit ended with an unexpected error; the append may or may not be in the log. Open the stream again to learn.", e));
        }
    }

    /// <summary>Frees the room of the requests, so that waiting ones are accepted.</summary>
    private void Release(List<PostgresAppendRequest> requests)
    {
        long bytes = 0;
        foreach (PostgresAppendRequest request in requests)
            bytes += request.Bytes;
        if (bytes > 0)
            queue.Release(bytes);
    }
}
