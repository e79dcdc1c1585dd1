namespace Actors.Wal.Copying;

/// <summary>The store that is copied. <see cref="LogStoreCopy.From"/> creates one for a directory; packages of other stores create theirs.</summary>
internal abstract class CopySource : IAsyncDisposable
{
    internal CopySource()
    {
    }

    /// <summary>Identifies this store, wherever it is. Known once the source is open.</summary>
    internal abstract string Identity { get; }

    /// <summary>Checks that the store exists, takes its lock if it has one, and returns the streams whose names have the prefix.</summary>
    internal abstract Task<IReadOnlyDictionary<LogStreamId, StreamInfo>> OpenAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>
    /// Reads the events, state records and checkpoints of streams as of the opening. Those of one stream come in the order of its
    /// log. Records that their streams no longer keep may be among them.
    /// </summary>
    /// <param name="byTime">Whether all records must come in the order of their times.</param>
    /// <param name="streams">The streams, or null for all that the opening returned.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    internal abstract IAsyncEnumerable<LogRecord> ReadAsync(bool byTime, IReadOnlySet<LogStreamId>? streams, CancellationToken cancellationToken);

    /// <summary>Returns the streams that were created, changed or deleted since the opening.</summary>
    internal abstract Task<IReadOnlyList<LogStreamId>> MovedAsync(CancellationToken cancellationToken);

    /// <summary>Closes the store.</summary>
    public abstract ValueTask DisposeAsync();
}
