namespace Actors.Wal;

/// <summary>
/// The handle of an opened stream. It may append until another owner opens the stream, and it reads the stream's history.
/// Disposing it gives up ownership and writes nothing.
/// </summary>
public interface ILogStream : IAsyncDisposable
{
    /// <summary>The stream.</summary>
    LogStreamId Id { get; }

    /// <summary>This owner's epoch.</summary>
    Epoch Epoch { get; }

    /// <summary>The last acknowledged event's sequence; zero for an empty stream.</summary>
    Sequence Head { get; }

    /// <summary>The last acknowledged checkpoint's sequence, or null without one.</summary>
    Sequence? Checkpoint { get; }

    /// <summary>The first sequence that the stream keeps; head + 1 when it keeps no event.</summary>
    Sequence First { get; }

    /// <summary>
    /// Whether this owner may append, as far as the store knows: false once the stream was reopened or deleted, or this handle disposed.
    /// </summary>
    bool IsOwner { get; }

    /// <summary>
    /// Cancelled when the store learns that another owner opened the stream: this owner's state may be stale. Within one process the
    /// store learns it at once; a store on a server learns of another process a moment later. Not cancelled by
    /// the owner's <see cref="DeleteAsync"/> or disposal. Callbacks run on the thread pool.
    /// </summary>
    CancellationToken OwnershipLost { get; }

    /// <summary>
    /// Asks the store whether this handle is still the owner. If it is, no other owner had opened the stream at the time of the call,
    /// <see cref="Head"/> is its last event, and the handle has seen all of its events.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting for the answer.</param>
    /// <exception cref="StoreUnreachableException">The store's server could not be reached.</exception>
    ValueTask<bool> ConfirmOwnershipAsync(CancellationToken cancellationToken = default);

    /// <summary>Appends one event. Waits while the store's pending bytes are at their limit.</summary>
    /// <param name="data">The event.</param>
    /// <param name="expectedSequence">The head that the stream must have, or null for any.</param>
    /// <param name="cancellationToken">Stops a call that has not been accepted yet; an accepted append is never taken back.</param>
    /// <exception cref="AppendRejectedException">Nothing was written: <see cref="SequenceConflictException"/>, <see cref="FencedException"/>, <see cref="StoreFullException"/>, <see cref="RecordTooLargeException"/>.</exception>
    /// <exception cref="AppendOutcomeUnknownException">The store failed while writing; reopen to learn what was kept.</exception>
    ValueTask<AppendResult> AppendAsync(EventData data, Sequence? expectedSequence = null, CancellationToken cancellationToken = default);

    /// <summary>Appends several events, all or nothing. Errors as for one event.</summary>
    ValueTask<AppendResult> AppendAsync(IReadOnlyList<EventData> events, Sequence? expectedSequence = null, CancellationToken cancellationToken = default);

    /// <summary>Appends the stream's full state as its next event: the event and the checkpoint in one frame. Errors as for an event.</summary>
    ValueTask<AppendResult> AppendStateAsync(EventData state, Sequence? expectedSequence = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Records the stream's full state as of <paramref name="sequence"/>, which is at most the head
    /// and at least the last checkpoint's sequence. Replay starts there from then on.
    /// </summary>
    /// <exception cref="AppendRejectedException">Nothing was written.</exception>
    /// <exception cref="AppendOutcomeUnknownException">The store failed while writing.</exception>
    ValueTask CheckpointAsync(Sequence sequence, EventData state, CancellationToken cancellationToken = default);

    /// <summary>The last checkpoint, if there is one, then every later event, in order.</summary>
    /// <exception cref="LogCorruptException">A record doesn't validate.</exception>
    /// <exception cref="LogUnreadableException">The file system refused to read.</exception>
    IAsyncEnumerable<LogRecord> ReplayAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// The events from <paramref name="from"/> to <paramref name="to"/>, both included, in order; in descending order when
    /// <paramref name="from"/> is greater. Numbers outside the kept history are left out. Memory use does not depend on the range.
    /// </summary>
    IAsyncEnumerable<LogRecord> ReadAsync(Sequence from, Sequence to, CancellationToken cancellationToken = default);

    /// <summary>Reads the state as of <paramref name="sequence"/>: the nearest checkpoint at or before it, then the events up to it.</summary>
    /// <exception cref="HistoryTruncatedException">Records that it needs were dropped.</exception>
    IAsyncEnumerable<LogRecord> ReadAsOfAsync(Sequence sequence, CancellationToken cancellationToken = default);

    /// <summary>Reads the state as of the last event at or before <paramref name="time"/>: the nearest checkpoint, then the events.</summary>
    /// <exception cref="HistoryTruncatedException">Records that it needs were dropped.</exception>
    IAsyncEnumerable<LogRecord> ReadAsOfAsync(DateTimeOffset time, CancellationToken cancellationToken = default);

    /// <summary>Drops the events before <paramref name="before"/>; the last checkpoint must include them. Durable when it returns.</summary>
    /// <exception cref="AppendRejectedException">No checkpoint covers the dropped events.</exception>
    ValueTask TruncateAsync(Sequence before, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes the stream with all its history. Durable when it returns. This handle can't append any more.
    /// Opening the stream again and appending creates it anew, from sequence 1.
    /// </summary>
    ValueTask DeleteAsync(Sequence? expectedSequence = null, CancellationToken cancellationToken = default);
}
