namespace Actors.Wal;

/// <summary>
/// Reads a store that somebody else may own and write to: at least what was acknowledged when the reader was opened. Takes nothing over,
/// fences nobody, changes nothing.
/// </summary>
public interface ILogReader : IDisposable
{
    /// <summary>Up to where everything is read.</summary>
    Lsn LastLsn { get; }

    /// <summary>The streams whose id starts with <paramref name="prefix"/>, in no particular order.</summary>
    IAsyncEnumerable<StreamInfo> ListAsync(string prefix = "", CancellationToken cancellationToken = default);

    /// <summary>Where a stream stands; null when there is none of that name.</summary>
    /// <exception cref="LogCorruptException">The stream's records don't validate.</exception>
    ValueTask<StreamInfo?> FindAsync(StreamId id, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="ILogStream.ReadAsync"/>, in order only; nothing for a stream that is not there.</summary>
    /// <exception cref="LogCorruptException">A record doesn't validate.</exception>
    IAsyncEnumerable<LogRecord> ReadAsync(StreamId id, Sequence from, Sequence to, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="ILogStream.ReplayAsync"/>; nothing for a stream that is not there.</summary>
    /// <exception cref="LogCorruptException">A record doesn't validate.</exception>
    IAsyncEnumerable<LogRecord> ReplayAsync(StreamId id, CancellationToken cancellationToken = default);
}
