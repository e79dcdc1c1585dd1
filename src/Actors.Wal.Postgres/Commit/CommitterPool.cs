using Actors.Wal.Postgres.Upkeep;

namespace Actors.Wal.Postgres.Commit;

/// <summary>
/// The store's committers. Another committer starts when as many requests wait as are under way. The server then works on several
/// statements, of different streams, and executes one while another waits for its flush.
/// </summary>
internal sealed class CommitterPool : IAsyncDisposable
{
    private const int Most = 3;

    private readonly PostgresCommitter[] _all;

    /// <param name="options">The store's options.</param>
    /// <param name="owner">The number that distinguishes this store's rows from those of others.</param>
    /// <param name="trims">Gets the rows that streams no longer keep.</param>
    public CommitterPool(PostgresLogStoreOptions options, long owner, TrimList trims)
    {
        Queue = new PostgresAppendQueue(options.MaxBatchBytes * 2L, options.MaxWaitingBytes, Most, Begin);
        var gathering = new Gathering(Queue);
        _all = [.. Enumerable.Range(0, Most).Select(n => new PostgresCommitter(n, options, Queue, gathering, new AppendStatement(options, owner), Counters, trims))];
    }

    public PostgresAppendQueue Queue { get; }

    public PostgresCommitCounters Counters { get; } = new();

    /// <summary>Commits the accepted appends, and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await Queue.CloseAsync().ConfigureAwait(false);
        foreach (PostgresCommitter committer in _all)
            await committer.DisposeAsync().ConfigureAwait(false);
    }

    private void Begin(int committer) => _all[committer].Begin();
}
