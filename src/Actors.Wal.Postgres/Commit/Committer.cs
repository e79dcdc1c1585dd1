using Actors.Wal.Commit;
using Actors.Wal.Postgres.Servers;
using Actors.Wal.Postgres.Upkeep;

namespace Actors.Wal.Postgres.Commit;

/// <summary>
/// Commits what has gathered while the commit before was under way: one statement, one round trip, for all streams. One at
/// a time: two streams of one owner never wait for each other's rows.
/// </summary>
internal sealed class Committer : IAsyncDisposable
{
    private readonly PostgresLogStoreOptions _options;
    private readonly AppendQueue _queue;
    private readonly AppendStatement _statement;
    private readonly Session _session;
    private readonly TrimList _trims;
    private readonly CompletionQueue<AppendRequest> _completions = new(onPool: true);
    private readonly List<AppendRequest> _refused = [];
    private readonly Task _running;
    private AppendRequest? _held;

    public Committer(PostgresLogStoreOptions options, AppendQueue queue, AppendStatement statement, Session session, TrimList trims)
    {
        _options = options;
        _queue = queue;
        _statement = statement;
        _session = session;
        _trims = trims;
        _running = Task.Run(RunAsync);
    }

    public CommitCounters Counters { get; } = new();

    /// <summary>Commits what was accepted, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Close();
        await _running.ConfigureAwait(false);
        await _statement.DisposeAsync().ConfigureAwait(false);
        await _session.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        while (_held is not null || await _queue.Requests.WaitToReadAsync().ConfigureAwait(false))
        {
            CommitBatch batch = Gather();
            Complete(_refused);
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

            Complete(batch.Requests);
        }
    }

    private CommitBatch Gather()
    {
        var batch = new CommitBatch(_options);
        while ((_held ?? Next()) is { } request)
        {
            _held = null;
            if (!batch.TryTake(request, out Exception? refusal))
            {
                _held = request;
                break;
            }

            if (refusal is null)
                continue;
            request.Fail(refusal);
            _refused.Add(request);
        }

        batch.Close();
        return batch;
    }

    /// <summary>Tells the callers, and lets in who waits for the room.</summary>
    private void Complete(List<AppendRequest> requests)
    {
        if (requests.Count == 0)
            return;
        long bytes = 0;
        foreach (AppendRequest request in requests)
            bytes += request.Bytes;
        _queue.Release(bytes);
        _completions.Complete(requests);
    }

    private AppendRequest? Next() => _queue.Requests.TryRead(out AppendRequest? request) ? request : null;
}
