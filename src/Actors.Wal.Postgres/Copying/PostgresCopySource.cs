using System.Globalization;
using System.Runtime.CompilerServices;
using Actors.Wal.Copying;
using Actors.Wal.Postgres.Reading;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Servers;

namespace Actors.Wal.Postgres.Copying;

/// <summary>Reads a store in PostgreSQL as of one moment. <see cref="MovedAsync"/> returns the streams that silos have changed since.</summary>
internal sealed class PostgresCopySource(PostgresLogStoreOptions options) : CopySource
{
    private readonly Dictionary<long, StreamInfo> _streams = [];
    private StoreSnapshot? _snapshot;
    private string? _identity;
    private string _prefix = "";

    internal override string Identity => _identity!;

    internal override async Task<IReadOnlyDictionary<LogStreamId, StreamInfo>> OpenAsync(string prefix, CancellationToken cancellationToken)
    {
        _prefix = prefix;
        try
        {
            await Migrations.RequireAsync(options, cancellationToken).ConfigureAwait(false);
            await CopyTables.RefuseUnfinishedAsync(options, cancellationToken).ConfigureAwait(false);
            _snapshot = await StoreSnapshot.OpenAsync(options, cancellationToken).ConfigureAwait(false);
            DateTimeOffset created = await _snapshot.CreatedAsync(cancellationToken).ConfigureAwait(false);
            _identity = string.Create(CultureInfo.InvariantCulture, $"the PostgreSQL store '{options.Schema}' of {created:yyyy-MM-ddTHH:mm:ss.ffffffZ}");
            await foreach (StoredStream stream in _snapshot.StreamsAsync(prefix, deleted: false, cancellationToken).ConfigureAwait(false))
            {
                if (stream.Info is { } info)
                    _streams.Add(stream.Id, info);
            }
        }
        catch (Exception e) when (ServerErrors.IsUnreachable(e))
        {
            throw new StoreUnreachableException($"The store in schema '{options.Schema}' can't be read: {e.Message}", e);
        }

        return _streams.Values.ToDictionary(s => s.Id);
    }

    internal override IAsyncEnumerable<LogRecord> ReadAsync(bool byTime, IReadOnlySet<LogStreamId>? streams, CancellationToken cancellationToken)
        => ReadAsync(_snapshot!, byTime, _streams, streams, all: streams is null && _prefix.Length == 0, cancellationToken);

    internal override async Task<IReadOnlyList<LogStreamId>> MovedAsync(CancellationToken cancellationToken)
    {
        Dictionary<long, StreamInfo> now = [];
        await using (StoreSnapshot snapshot = await StoreSnapshot.OpenAsync(options, cancellationToken).ConfigureAwait(false))
        {
            await foreach (StoredStream stream in snapshot.StreamsAsync(_prefix, deleted: false, cancellationToken).ConfigureAwait(false))
            {
                if (stream.Info is { } info)
                    now.Add(stream.Id, info);
            }
        }

        return [.. _streams.Except(now).Concat(now.Except(_streams)).Select(s => s.Value.Id).Distinct()];
    }

    public override async ValueTask DisposeAsync()
    {
        if (_snapshot is not null)
            await _snapshot.DisposeAsync().ConfigureAwait(false);
        if (options.OwnsDataSource)
            await options.DataSource.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Reads the records of a snapshot.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="byTime">Whether the records are read in the order of their times.</param>
    /// <param name="known">The streams by their numbers.</param>
    /// <param name="wanted">The streams to read; null for all that are known.</param>
    /// <param name="all">Whether these are all streams of the store.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public static async IAsyncEnumerable<LogRecord> ReadAsync(
        StoreSnapshot snapshot, bool byTime, IReadOnlyDictionary<long, StreamInfo> known, IReadOnlySet<LogStreamId>? wanted, bool all, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long[]? ids = all ? null : [.. known.Where(s => wanted?.Contains(s.Value.Id) ?? true).Select(s => s.Key)];
        await foreach ((long id, StoredRow row, _) in snapshot.RowsAsync(byTime, ids, cancellationToken).ConfigureAwait(false))
        {
            if (!known.TryGetValue(id, out StreamInfo stream))
                continue;
            foreach (LogRecord record in row.Records(stream.Id))
                yield return record;
        }
    }
}
