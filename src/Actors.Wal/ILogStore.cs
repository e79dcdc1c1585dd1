using Actors.Wal.Local;

namespace Actors.Wal;

/// <summary>A store of log streams. One contract for every backend; all members are safe to call from many threads.</summary>
/// <remarks>A closed store refuses appends with <see cref="StoreClosedException"/>, and all other calls with <see cref="ObjectDisposedException"/>.</remarks>
public interface ILogStore : IStreamReader, IAsyncDisposable
{
    /// <summary>
    /// Opens a stream, takes ownership of it and fences every earlier owner.
    /// Appends that an earlier owner had in flight have succeeded or failed before this returns.
    /// The first append creates the stream.
    /// </summary>
    /// <exception cref="LogCorruptException">The stream's records don't validate.</exception>
    /// <exception cref="LogUnreadableException">The file system refused to read.</exception>
    /// <exception cref="AppendOutcomeUnknownException">The store failed while an append of an earlier owner was in flight.</exception>
    ValueTask<ILogStream> OpenAsync(LogStreamId id, StreamOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Appends to several streams of this store, all or nothing, in one batch.
    /// Returns one result per stream, in the order given.
    /// </summary>
    /// <exception cref="AppendRejectedException">Nothing was written: a wrong expected sequence, a fenced stream, a full disk, too large.</exception>
    /// <exception cref="AppendOutcomeUnknownException">The store failed while writing; reopen to learn what was kept.</exception>
    ValueTask<IReadOnlyList<AppendResult>> AppendAtomicAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken = default);

    /// <summary>
    /// The change feed: every durable record with an LSN of at least <paramref name="from"/>, in LSN order, then each new record once it
    /// is acknowledged and durable. A crash never removes a record that the feed has given, so a follower can store the last LSN and
    /// continue after it. If a sync policy does not flush, the feed requests a flush within 100 ms. It ends when the store closes.
    /// </summary>
    IAsyncEnumerable<LogRecord> SubscribeAsync(Lsn from, CancellationToken cancellationToken = default);

    /// <summary>Makes everything acknowledged so far durable, whatever the sync policies.</summary>
    ValueTask FlushAsync(CancellationToken cancellationToken = default);

    /// <summary>The store's counters at this moment. Those of a local store are a <see cref="LocalStoreStatistics"/>.</summary>
    StoreStatistics Statistics { get; }
}
