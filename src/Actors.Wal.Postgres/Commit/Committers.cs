using Actors.Wal.Postgres.Upkeep;

namespace Actors.Wal.Postgres.Commit;

/// <summary>
/// The store's committers. Another one goes to work when as much waits as is under way: the server works on several statements
/// then, of streams that have nothing to do with each other, and one of them waits for its flush while another is executed.
/// </summary>
internal sealed class Committers : IAsyncDisposable
{
    private const int Most = 3;

    private readonly Committer[] _all;

    /// <param name="options">The store's.</param>
    /// <param name="owner">What tells this store's rows from those of all others.</param>
    /// <param name="raise">What is added to the server's transaction numbers.</param>
    /// <param name="trims">Is told what streams keep no longer.</param>
    public Committers(PostgresLogStoreOptions options, long owner, long raise, TrimList trims)
    {
        Queue = new AppendQueue(options.MaxBatchBytes * 2L, options.MaxWaitingBytes, Most, Begin);
        var gathering = new Gathering(Queue);
        _all = [.. Enumerable.Range(0, Most).Select(n => new Committer(n, options, Queue, gathering, new AppendStatement(options, owner, raise), Counters, trims))];
    }

    public AppendQueue Queue { get; }

    public CommitCounters Counters { get; } = new();

    /// <summary>Commits what was accepted, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await Queue.CloseAsync().ConfigureAwait(false);
        foreach (Committer committer in _all)
            await committer.DisposeAsync().ConfigureAwait(false);
    }

    private void Begin(int committer) => _all[committer].Begin();
}
