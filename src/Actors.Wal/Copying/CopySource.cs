namespace Actors.Wal.Copying;

/// <summary>The store that is copied. <see cref="LogStoreCopy.From"/> makes one of a directory; other stores' packages make theirs.</summary>
public abstract class CopySource : IAsyncDisposable
{
    internal CopySource()
    {
    }

    /// <summary>What tells this store from all others, wherever it is; known when it is open.</summary>
    internal abstract string Identity { get; }

    /// <summary>Makes sure that it is there, takes its lock where it has one, and tells the streams whose names begin so.</summary>
    internal abstract Task<IReadOnlyDictionary<StreamId, StreamInfo>> OpenAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>
    /// The events, states and checkpoints of streams as of the opening; those of one stream in the order of its log. There may
    /// be some that their streams don't keep any more.
    /// </summary>
    /// <param name="byTime">Whether all must come in the order of their times.</param>
    /// <param name="streams">The streams, or null for all that the opening told.</param>
    /// <param name="cancellationToken">Stops.</param>
    internal abstract IAsyncEnumerable<LogRecord> ReadAsync(bool byTime, IReadOnlySet<StreamId>? streams, CancellationToken cancellationToken);

    /// <summary>Streams that have come, gone on or gone since the opening.</summary>
    internal abstract Task<IReadOnlyList<StreamId>> MovedAsync(CancellationToken cancellationToken);

    /// <summary>Lets the store go.</summary>
    public abstract ValueTask DisposeAsync();
}
