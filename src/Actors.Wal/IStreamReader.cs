namespace Actors.Wal;

/// <summary>
/// Reads streams whoever owns them: each call gives what was acknowledged when it began. It takes no ownership, fences nobody,
/// and changes nothing.
/// </summary>
public interface IStreamReader
{
    /// <summary>The streams whose id starts with <paramref name="prefix"/>, in no particular order; a snapshot per stream.</summary>
    /// <exception cref="LogCorruptException">Streams are damaged. Thrown once all others were given.</exception>
    IAsyncEnumerable<StreamInfo> ListAsync(string prefix = "", CancellationToken cancellationToken = default);

    /// <summary>Where a stream stands; null when there is none of that name.</summary>
    /// <exception cref="LogCorruptException">The stream's records don't validate.</exception>
    ValueTask<StreamInfo?> FindAsync(StreamId id, CancellationToken cancellationToken = default);

    /// <summary>The events from <paramref name="from"/> to <paramref name="to"/>, both included, in ascending order; nothing for a stream that is not there.</summary>
    /// <exception cref="LogCorruptException">A record doesn't validate.</exception>
    /// <exception cref="HistoryTruncatedException">The events were dropped while they were read.</exception>
    IAsyncEnumerable<LogRecord> ReadAsync(StreamId id, Sequence from, Sequence to, CancellationToken cancellationToken = default);

    /// <summary>The last checkpoint, if there is one, then every later event, in order; nothing for a stream that is not there.</summary>
    /// <exception cref="LogCorruptException">A record doesn't validate.</exception>
    /// <exception cref="HistoryTruncatedException">The records were dropped while they were read.</exception>
    IAsyncEnumerable<LogRecord> ReplayAsync(StreamId id, CancellationToken cancellationToken = default);
}
