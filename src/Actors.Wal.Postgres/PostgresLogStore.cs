using System.Security.Cryptography;
using Actors.Wal.Postgres.Commit;
using Actors.Wal.Postgres.Copying;
using Actors.Wal.Postgres.Opening;
using Actors.Wal.Postgres.Ownership;
using Actors.Wal.Postgres.Reading;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Servers;
using Actors.Wal.Postgres.Streams;
using Actors.Wal.Postgres.Upkeep;
using Npgsql;

namespace Actors.Wal.Postgres;

/// <summary>
/// A store in a schema of a PostgreSQL database. Many processes may have it open; each stream has one owner at a time.
/// <c>docs/explanation/architecture.md</c> describes how rows of the log fence former owners.
/// </summary>
public sealed class PostgresLogStore : ILogStore
{
    private readonly PostgresLogStoreOptions _options;
    private readonly CommitterPool _committers;
    private readonly StreamOpener _opener;
    private readonly StreamRows _rows;
    private readonly UnownedStreams _reader;
    private readonly Trimmer _trimmer;
    private readonly long _streams;
    private readonly OwnedStreams _owned = new();
    private readonly TrimList _trims = new();
    private readonly OwnershipQuery _ownership;
    private readonly FenceWatch _watch;
    private readonly CancellationTokenSource _closing = new();
    private int _disposed;

    private PostgresLogStore(PostgresLogStoreOptions options, long streams)
    {
        _options = options;
        _streams = streams;
        long owner = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
        _rows = new StreamRows(options);
        _reader = new UnownedStreams(options, _rows);
        _committers = new CommitterPool(options, owner, _trims);
        _trimmer = new Trimmer(options, owner, _trims);
        _opener = new StreamOpener(options, owner, new Session(options.DataSource));
        _ownership = new OwnershipQuery(options, owner);
        _watch = new FenceWatch(options, owner, _owned, _ownership);
    }

    /// <summary>Opens the store in a schema, and creates its tables on first use.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="InvalidOperationException">The server's commits are not durable, its sessions are shared, or the tables are of a
    /// newer release, of another service, or of a copy that is not complete.</exception>
    /// <exception cref="StoreUnreachableException">The server refuses, or could not be reached for <see cref="PostgresLogStoreOptions.Patience"/>.</exception>
    public static async Task<PostgresLogStore> OpenAsync(PostgresLogStoreOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        try
        {
            return await ServerWait.DoAsync(options.Patience, options.Time, () => OpenOnceAsync(options, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is PostgresException || ServerErrors.IsUnreachable(e))
        {
            throw new StoreUnreachableException($"The store in schema '{options.Schema}' can't be opened: {ServerErrors.Explain(e)}", e);
        }
    }

    /// <inheritdoc/>
    public StoreStatistics Statistics => new()
    {
        Streams = _streams + _committers.Counters.Streams,
        OpenStreams = _owned.Count,
        PendingBytes = _committers.Queue.PendingBytes,
        WaitingAppends = _committers.Queue.WaitingCount,
        Published = _committers.Counters.Last,
        Durable = _committers.Counters.Last,
        AppendedFrames = _committers.Counters.Frames,
        AppendedBytes = _committers.Counters.Bytes,
        Batches = _committers.Counters.Batches,
    };

    /// <inheritdoc/>
    public async ValueTask<ILogStream> OpenAsync(LogStreamId id, StreamOptions? options = null, CancellationToken cancellationToken = default)
    {
        RequireOpen();
        Refusals.RequireId(id);
        cancellationToken.ThrowIfCancellationRequested();
        Task<OwnedStream> opening = OpenAsync(id);
        try
        {
            return new PostgresStream(this, await opening.WaitAsync(cancellationToken).ConfigureAwait(false), options?.Retention ?? _options.Retention);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The opening goes on. Its fence is noted like that of a stream that was opened and closed.
            _ = opening.ContinueWith(o => Forget(o.Result), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<AppendResult>> AppendAtomicAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(appends);
        cancellationToken.ThrowIfCancellationRequested();
        StreamAppend[] taken = CallerData.Take(appends);
        Refusals.RequireParts(taken, s => s is PostgresStream stream && ReferenceEquals(stream.Store, this));
        AppendPart[] parts = [.. taken.Select(a => new AppendPart(((PostgresStream)a.Stream).Stream, PostgresAppendKind.Events, [.. a.Events], a.ExpectedSequence))];
        await Submit(new PostgresAppendRequest(parts), cancellationToken).ConfigureAwait(false);
        return [.. parts.Select(p => p.Result)];
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StreamInfo> ListAsync(string prefix = "", CancellationToken cancellationToken = default)
        => Reader.ListAsync(prefix, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<StreamInfo?> FindAsync(LogStreamId id, CancellationToken cancellationToken = default)
        => Reader.FindAsync(id, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<LogRecord> ReadAsync(LogStreamId id, Sequence from, Sequence to, CancellationToken cancellationToken = default)
        => Reader.ReadAsync(id, from, to, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<LogRecord> ReplayAsync(LogStreamId id, CancellationToken cancellationToken = default)
        => Reader.ReplayAsync(id, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<LogRecord> SubscribeAsync(Lsn from, CancellationToken cancellationToken = default)
    {
        RequireOpen();
        return new PostgresChangeFeed(_options, _closing.Token).FollowAsync(from, cancellationToken);
    }

    /// <summary>Does nothing, because every acknowledged append is durable.</summary>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.CompletedTask;
    }

    /// <summary>Commits the accepted appends, and closes the store's connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _closing.CancelAsync().ConfigureAwait(false);
        await _ownership.DisposeAsync().ConfigureAwait(false);
        await _watch.DisposeAsync().ConfigureAwait(false);
        await _opener.DisposeAsync().ConfigureAwait(false);
        await _committers.DisposeAsync().ConfigureAwait(false);
        await _trimmer.DisposeAsync().ConfigureAwait(false);
        if (_options.OwnsDataSource)
            await _options.DataSource.DisposeAsync().ConfigureAwait(false);
        _closing.Dispose();
    }

    internal PostgresLogStoreOptions Options => _options;

    /// <summary>The streams that are open in this process, with their last owners there.</summary>
    internal IEnumerable<OwnedStream> OpenStreams => _owned.All;

    internal FenceWatch Watch => _watch;

    internal bool IsClosed => Volatile.Read(ref _disposed) != 0;

    private UnownedStreams Reader
    {
        get
        {
            RequireOpen();
            return _reader;
        }
    }

    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    internal void RequireOpen() => ObjectDisposedException.ThrowIf(IsClosed, this);

    internal PostgresCommitCounters Commits => _committers.Counters;

    /// <summary>Submits an append.</summary>
    /// <returns>A task that completes when the append's outcome is decided.</returns>
    internal ValueTask<AppendResult> Submit(PostgresAppendRequest request, CancellationToken cancellationToken)
        => PostgresAppendRules.RefuseSize(request, _options) is { } refusal ? throw refusal : _committers.Queue.Submit(request, cancellationToken);

    internal Task<bool> AskAsync(OwnedStream stream) => _ownership.IsOwnerAsync(stream);

    internal PostgresStreamHistory HistoryOf(OwnedStream stream) => new(_rows, stream.Id, stream.Name, stream.Tail);

    internal Task<DateTimeOffset> TimeAsync(CancellationToken cancellationToken)
        => ServerReads.DoAsync(_options, () => TimeOnceAsync(cancellationToken), cancellationToken);

    internal Task<long> TrimAsync(CancellationToken cancellationToken) => _trimmer.StepAsync(cancellationToken);

    /// <summary>Frees the name of a stream that is deleted.</summary>
    internal async Task ForgetNameAsync(OwnedStream stream, CancellationToken cancellationToken)
    {
        try
        {
            await using NpgsqlConnection connection = await _options.DataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await _opener.ReleaseAsync(connection, [stream.Name.Value]).ConfigureAwait(false);
        }
        catch (Exception e) when (ServerErrors.IsUnreachable(e))
        {
            // The stream is deleted. The next opening of its name frees the name first.
        }
    }

    /// <summary>Called when an owner closes a stream. A stream without events is deleted after <c>TrimAfter</c>.</summary>
    internal void Forget(OwnedStream stream)
    {
        _owned.Remove(stream);
        if (stream.Tail.IsEmpty && stream.TakeFence() is { } fence)
            _trims.AddFence(stream.Id, fence);
    }

    private async Task<OwnedStream> OpenAsync(LogStreamId id)
    {
        long looks = _watch.Looks;
        OwnedStream stream = await _opener.OpenAsync(id).ConfigureAwait(false);
        _owned.Add(stream);
        _watch.Opened(stream, looks);

        // The row before this fence may be the previous owner's fence, which is no longer needed.
        if (stream.Tail.Last is { Sub: > 0 } fence)
            _trims.AddFence(stream.Id, fence with { Sub = fence.Sub - 1 });
        return stream;
    }

    private async Task<DateTimeOffset> TimeOnceAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _options.DataSource.CreateCommand("SELECT now()");
        return new DateTimeOffset((DateTime)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!, TimeSpan.Zero);
    }

    private static async Task<PostgresLogStore> OpenOnceAsync(PostgresLogStoreOptions options, CancellationToken cancellationToken)
    {
        await PoolerCheck.RequireSessionsAsync(options.DataSource, cancellationToken).ConfigureAwait(false);
        await ServerSettings.RequireDurableAsync(options.DataSource, cancellationToken).ConfigureAwait(false);
        await Migrations.ApplyAsync(options.DataSource, options, cancellationToken).ConfigureAwait(false);
        await TableCheck.RequireAsync(options, cancellationToken).ConfigureAwait(false);
        await CopyTables.RefuseUnfinishedAsync(options, cancellationToken).ConfigureAwait(false);
        await ServiceClaim.RequireAsync(options, cancellationToken).ConfigureAwait(false);
        await TransactionNumbers.FitAsync(options, cancellationToken).ConfigureAwait(false);
        return new PostgresLogStore(options, await CountStreamsAsync(options, cancellationToken).ConfigureAwait(false));
    }

    private static async Task<long> CountStreamsAsync(PostgresLogStoreOptions options, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = options.DataSource.CreateCommand($"SELECT count(*) FROM {Migrations.Quote(options.Schema)}.stream WHERE deleted_at IS NULL");
        return (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }
}
