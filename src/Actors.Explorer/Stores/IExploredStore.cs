namespace Actors.Explorer.Stores;

/// <summary>
/// A store as the explorer shows it: the open store of a silo, a directory, or a schema in PostgreSQL. All members are safe to call from
/// many threads and read only. Errors that a person can act on are <see cref="Wal.LogStoreException"/>, <see cref="System.IO.IOException"/>
/// or <see cref="ExplorerException"/>; their messages are shown.
/// </summary>
internal interface IExploredStore
{
    /// <summary>The name of the log in a silo; the last part of the address otherwise.</summary>
    string Name { get; }

    /// <summary>Where the store is, without secrets: a directory, or a server, database and schema.</summary>
    string Place { get; }

    /// <summary>What this store can show.</summary>
    StoreAbilities Abilities { get; }

    ValueTask<StoreOverview> GetOverviewAsync(CancellationToken cancellationToken = default);

    /// <summary>Returns a page of the list of streams.</summary>
    ValueTask<StreamPage> ListAsync(StreamQuery query, CancellationToken cancellationToken = default);

    /// <summary>Returns a stream; null when there is none of that name.</summary>
    ValueTask<StreamRow?> FindAsync(string stream, CancellationToken cancellationToken = default);

    /// <summary>Returns the events with these sequences, both included, ascending. Dropped events are left out.</summary>
    ValueTask<IReadOnlyList<RecordRow>> ReadAsync(string stream, long from, long to, CancellationToken cancellationToken = default);

    /// <summary>Returns the sequence of the last event that is not later than a time; 0 when all are later.</summary>
    ValueTask<long> SequenceAtAsync(string stream, DateTimeOffset time, CancellationToken cancellationToken = default);

    /// <summary>Returns the stream's state before and after an event, made by the program's own code.</summary>
    ValueTask<StateView> GetStateAsync(string stream, long sequence, CancellationToken cancellationToken = default);

    /// <summary>Returns the last event at or before a sequence that changed a field of the state; null when none did.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="path">The field, as a JSON pointer such as <c>/owner/name</c>.</param>
    /// <param name="sequence">The last event to look at.</param>
    /// <param name="progress">Gets the sequence down to which all events were looked at.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    ValueTask<FieldChange?> FindLastChangeAsync(string stream, string path, long sequence, IProgress<long>? progress = null, CancellationToken cancellationToken = default);

    ValueTask<SegmentMap> GetSegmentsAsync(CancellationToken cancellationToken = default);

    /// <summary>Returns how many of a stream's events are in which segment.</summary>
    ValueTask<IReadOnlyList<SegmentUse>> GetPathAsync(string stream, CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns new records in slices until it is cancelled, a few slices a second. When there are more records than a person can read, it
    /// gives the newest and says how many it has left out: the explorer must not slow the silo down.
    /// </summary>
    IAsyncEnumerable<FeedSlice> FollowAsync(FeedFilter filter, CancellationToken cancellationToken = default);

    /// <summary>Reads and validates the whole store, beside its owner too. The last value has <see cref="VerifyState.IsDone"/>.</summary>
    IAsyncEnumerable<VerifyState> VerifyAsync(CancellationToken cancellationToken = default);
}

/// <summary>What changes a store. Only a silo's own store has them, and only if its program allows changes.</summary>
internal interface IStoreChanges
{
    /// <summary>Tells replay to skip an event, with a reason.</summary>
    ValueTask SkipEventAsync(string stream, long sequence, string reason, CancellationToken cancellationToken = default);

    /// <summary>Takes a skip back.</summary>
    ValueTask UnskipEventAsync(string stream, long sequence, string reason, CancellationToken cancellationToken = default);

    /// <summary>Drops the stream's last checkpoint, so that the next activation replays the events.</summary>
    ValueTask DropCheckpointAsync(string stream, CancellationToken cancellationToken = default);

    /// <summary>Reclaims the space of dead frames and saves the index.</summary>
    /// <returns>What was done, as a sentence.</returns>
    ValueTask<string> CompactAsync(CancellationToken cancellationToken = default);

    /// <summary>Makes a backup in a new directory of the silo's machine.</summary>
    /// <returns>What was done, as a sentence.</returns>
    ValueTask<string> BackupAsync(string directory, CancellationToken cancellationToken = default);
}

/// <summary>What a store can show.</summary>
/// <param name="IsLive">The store is open in this process: it has rates, flushes and a live feed.</param>
/// <param name="HasTypes">The program's types are known: events have names, and states can be made from them.</param>
/// <param name="HasSegments">The log is kept in segment files.</param>
/// <param name="Changes">What changes the store; null when nothing may.</param>
internal sealed record StoreAbilities(bool IsLive, bool HasTypes, bool HasSegments, IStoreChanges? Changes);

/// <summary>The message says what is wrong and what to do.</summary>
internal sealed class ExplorerException(string message, Exception? inner = null) : Exception(message, inner);
