using System.Runtime.CompilerServices;
using Actors.Wal.Backup;
using Actors.Wal.Commit;
using Actors.Wal.Compaction;
using Actors.Wal.Feeds;
using Actors.Wal.Inspection;
using Actors.Wal.Storage;
using Actors.Wal.Streams;

namespace Actors.Wal.Local;

/// <summary>
/// A store in a directory of this machine, owned by one process. See <c>docs/reference/log-format.md</c> for its files and
/// <c>docs/explanation/architecture.md</c> for its paths.
/// </summary>
public sealed class LocalLogStore : ILogStore
{
    // The longest time until a follower's records are flushed, if their sync policy does not flush them.
    private static readonly SyncPolicy FollowedWithin = SyncPolicy.Every(TimeSpan.FromMilliseconds(100));

    private readonly LocalLogStoreOptions _options;
    private readonly StoreParts _parts;
    private readonly CancellationTokenSource _closing = new();
    private int _disposed;

    internal LocalLogStore(LocalLogStoreOptions options, StoreParts parts, RecoveryReport report)
    {
        _options = options;
        _parts = parts;
        Recovery = report;
        if (parts.Threads is not null)
            Metrics.Sizes.Add(this, () => parts.Size.Bytes);
    }

    /// <summary>The results of opening this store.</summary>
    public RecoveryReport Recovery { get; }

    /// <summary>Opens the store in <see cref="LocalLogStoreOptions.Directory"/>, or creates one there, and recovers it.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="StoreInUseException">Another process, or this one, has it open.</exception>
    /// <exception cref="LogCorruptException">Acknowledged data does not validate. Nothing was changed.</exception>
    /// <exception cref="LogUnreadableException">The file system refused to read.</exception>
    /// <exception cref="StoreFullException">There is no room for a segment.</exception>
    /// <exception cref="IOException">The file system refused something else.</exception>
    public static Task<LocalLogStore> OpenAsync(LocalLogStoreOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Task.Run(() => StoreOpening.Open(options, new FileStorage(options.Directory)), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<ILogStream> OpenAsync(LogStreamId id, StreamOptions? options = null, CancellationToken cancellationToken = default)
    {
        RequireOpen();
        Refusals.RequireId(id);
        cancellationToken.ThrowIfCancellationRequested();
        (StreamState state, Epoch epoch) = await _parts.Ownership.TakeAsync(id).ConfigureAwait(false);
        return new LocalStream(this, state, epoch, options?.Sync ?? _options.Sync, options?.Retention ?? _options.Retention);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<AppendResult>> AppendAtomicAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(appends);
        cancellationToken.ThrowIfCancellationRequested();
        StreamAppend[] taken = CallerData.Take(appends);
        Refusals.RequireParts(taken, s => s is LocalStream stream && ReferenceEquals(stream.Store, this));
        AtomicPart[] parts = [.. taken.Select(a => ((LocalStream)a.Stream).PartOf(a))];
        AppendRequest request = _parts.Requests.Rent();
        request.Kind = AppendKind.Atomic;
        request.Parts = parts;
        request.Sync = taken.Select(a => ((LocalStream)a.Stream).Sync).Aggregate(Stricter);
        await request.SubmitTo(_parts.Queue, cancellationToken).ConfigureAwait(false);
        return [.. parts.Select(p => p.Result)];
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StreamInfo> ListAsync(string prefix = "", [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        RequireOpen();
        foreach (StreamInfo info in _parts.Streams.Describe(cancellationToken))
        {
            if (info.Id.Value.StartsWith(prefix, StringComparison.Ordinal))
                yield return info;
        }

        await ValueTask.CompletedTask.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<StreamInfo?> FindAsync(LogStreamId id, CancellationToken cancellationToken = default)
    {
        Refusals.RequireId(id);
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        StreamState state = _parts.Streams.Acquire(id);
        StreamView view = ViewOf(state);
        _parts.Streams.Release(state);
        return ValueTask.FromResult(view.Exists ? new StreamInfo(id, view.Head, view.First, view.Checkpoint) : (StreamInfo?)null);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<LogRecord> ReadAsync(LogStreamId id, Sequence from, Sequence to, CancellationToken cancellationToken = default)
        => new ReadySequence(() => Read(id, h => h.Forward(from, to)), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<LogRecord> ReplayAsync(LogStreamId id, CancellationToken cancellationToken = default)
        => new ReadySequence(() => Read(id, h => h.Replay()), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<LogRecord> SubscribeAsync(Lsn from, CancellationToken cancellationToken = default)
    {
        RequireOpen();
        return new ChangeFeed(_parts.Segments, _parts.Publication, _parts.StoreSeed, FlushForFollower, _closing.Token).FollowAsync(from, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        ValueTask<AppendResult> flushed = _parts.Requests.RentBarrier(SyncPolicy.Always).SubmitTo(_parts.Queue, CancellationToken.None);
        await flushed.AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    StoreStatistics ILogStore.Statistics => Statistics;

    /// <inheritdoc cref="ILogStore.Statistics"/>
    public LocalStoreStatistics Statistics => LocalStoreStatistics.Of(_parts, _options);

    /// <summary>
    /// Saves the index, so that the next opening reads only what is newer than the last sealed segment, and reclaims the space of
    /// dead frames. The store also does this in the background: see <see cref="LocalLogStoreOptions.MaxDeadShare"/>.
    /// </summary>
    /// <param name="maxDeadShare">The share of the sealed segments that may be dead bytes afterwards; 1 saves only the index.</param>
    /// <param name="compress">Whether all sealed segments are compressed, at any age.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The result.</returns>
    /// <exception cref="IOException">Compaction failed; the log is unchanged.</exception>
    public async Task<CompactionReport> CompactAsync(double maxDeadShare = 0.05, bool compress = false, CancellationToken cancellationToken = default)
    {
        RequireOpen();
        ArgumentOutOfRangeException.ThrowIfNegative(maxDeadShare);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxDeadShare, 1);
        CompactionCounters counters = _parts.Compactor.Counters;
        (long segments, long before, long after, long failures) = (counters.Segments, counters.BytesBefore, counters.BytesAfter, counters.Failures);
        await (_parts.Threads?.Upkeep.CompactAsync(maxDeadShare, compress, cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
        return counters.Failures > failures && counters.LastFailure is { } failure
            ? throw new IOException($"Compaction failed, and the log is as it was: {failure.Message}", failure)
            : new CompactionReport(counters.Segments - segments, counters.BytesBefore - before, counters.BytesAfter - after, _parts.Saver.Newest?.End.LastLsn);
    }

    /// <summary>Makes a backup of everything that was acknowledged before the call, while appends go on.</summary>
    /// <param name="target">The backup's directory, which must not exist.</param>
    /// <param name="options">How the backup is made; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the backup; the copied files are removed.</param>
    /// <exception cref="IOException">The target exists, or the file system refused something.</exception>
    public async Task<BackupReport> BackupAsync(string target, BackupOptions? options = null, CancellationToken cancellationToken = default)
    {
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        return await LogStoreBackup.CreateAsync(_options.Directory, target, options, Statistics.Durable, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Commits accepted appends, makes everything durable, marks the log as closed and releases the directory.
    /// After a failure it only releases the directory.
    /// </summary>
    /// <exception cref="AppendOutcomeUnknownException">The last flush failed.</exception>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        Metrics.Sizes.Remove(this);
        _parts.Queue.Close();
        await _closing.CancelAsync().ConfigureAwait(false);
        try
        {
            await Task.Run(_parts.Close).ConfigureAwait(false);
        }
        finally
        {
            _parts.Publication.Close();
            _parts.Segments.Dispose();
            _parts.Archiver.Dispose();
            _parts.DirectoryLock.Dispose();
            _closing.Dispose();
        }
    }

    internal StoreParts Parts => _parts;

    /// <summary>Returns what shows the log to people.</summary>
    internal LogInspector Inspect() => new(_parts.Manifest, _parts.Index, _parts.Loader, _parts.Segments, _parts.Streams, () => _parts.Publication.End.Durable);

    /// <summary>Returns a reader of the records behind an LSN. It may read up to the last durable record.</summary>
    internal FeedReader Feed(Lsn seen) => new(_parts.Segments, _parts.StoreSeed, seen, _closing.Token);

    internal bool IsClosed => Volatile.Read(ref _disposed) != 0;

    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    internal void RequireOpen() => ObjectDisposedException.ThrowIf(IsClosed, this);

    internal LocalLogStoreOptions Options => _options;

    internal StreamView ViewOf(StreamState state) => _parts.Publication.ViewOf(state);

    internal StreamHistory HistoryOf(StreamState state, StreamView view)
    {
        StreamReaders readers = _parts.Loader.ReadersOf(state);
        readers.Events.Dropped = readers.Checkpoint.Dropped = () =>
            ViewOf(state) is var now && (now.Deleted || now.First > view.First) ? new HistoryTruncatedException(state.Id, now.First) : null;
        return new StreamHistory(state, view, readers);
    }

    /// <summary>Reads a stream that another handle may own. The stream's state is held meanwhile, so that a deletion is noticed.</summary>
    private IEnumerable<LogRecord> Read(LogStreamId id, Func<StreamHistory, IEnumerable<LogRecord>> read)
    {
        Refusals.RequireId(id);
        RequireOpen();
        StreamState state = _parts.Streams.Acquire(id);
        try
        {
            StreamView view = ViewOf(state);
            if (!view.Exists)
                yield break;
            foreach (LogRecord record in read(HistoryOf(state, view)))
                yield return record;
        }
        finally
        {
            _parts.Streams.Release(state);
        }
    }

    /// <summary>Requests a flush for a follower that waits for records which no sync policy makes durable soon.</summary>
    private async void FlushForFollower()
    {
        try
        {
            await _parts.Requests.RentBarrier(FollowedWithin).SubmitTo(_parts.Queue, CancellationToken.None).ConfigureAwait(false);
        }
        catch (LogStoreException)
        {
            // The store is closing or has failed. The follower's feed reports it.
        }
    }

    private static SyncPolicy Stricter(SyncPolicy left, SyncPolicy right)
    {
        if (left.Mode != right.Mode)
            return left.Mode < right.Mode ? left : right;
        return left.Interval <= right.Interval ? left : right;
    }
}
