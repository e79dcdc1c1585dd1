namespace Actors.Wal;

/// <summary>
/// Reads streams without becoming their owner: each call gives the records that were acknowledged when it began. It fences no
/// owner and changes nothing.
/// </summary>
public interface IStreamReader
{
    /// <summary>The streams whose id starts with <paramref name="prefix"/>, in no particular order; a snapshot per stream.</summary>
    /// <exception cref="LogCorruptException">Streams are damaged. Thrown after all others were given.</exception>
    IAsyncEnumerable<StreamInfo> ListAsync(string prefix = "", CancellationToken cancellationToken = default);

    /// <summary>Returns a stream's head, first sequence and checkpoint; null when the stream does not exist.</summary>
    /// <exception cref="LogCorruptException">The stream's records don't validate.</exception>
    ValueTask<StreamInfo?> FindAsync(LogStreamId id, CancellationToken cancellationToken = default);

    /// <summary>The events from <paramref name="from"/> to <paramref name="to"/>, both included, ascending; nothing for a missing stream.</summary>
    /// <exception cref="LogCorruptException">A record doesn't validate.</exception>
    /// <exception cref="HistoryTruncatedException">The events were dropped while they were read.</exception>
    IAsyncEnumerable<LogRecord> ReadAsync(LogStreamId id, Sequence from, Sequence to, CancellationToken cancellationToken = default);

    /// <summary>The last checkpoint, if there is one, then every later event, in order; nothing for a missing stream.</summary>
    /// <exception cref="LogCorruptException">A record doesn't validate.</exception>
    /// <exception cref="HistoryTruncatedException">The records were dropped while they were read.</exception>
    IAsyncEnumerable<LogRecord> ReplayAsync(LogStreamId id, CancellationToken cancellationToken = default);
}
