using System.Runtime.CompilerServices;
using System.Text;
using Actors.Wal.Postgres.Copying;
using Actors.Wal.Postgres.Reading;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Servers;
using Actors.Wal.Postgres.Streams;
using Npgsql;

namespace Actors.Wal.Postgres;

/// <summary>Reads a store in PostgreSQL beside its owners: each call sees what is committed when it is made.</summary>
public sealed class PostgresLogReader : ILogReader
{
    private readonly PostgresLogStoreOptions _options;
    private readonly StreamRows _rows;
    private readonly string _find;

    private PostgresLogReader(PostgresLogStoreOptions options, Lsn last)
    {
        _options = options;
        _rows = new StreamRows(options.DataSource, options.Schema);
        _find = $"SELECT id FROM {Migrations.Quote(options.Schema)}.stream WHERE name = $1 AND deleted_at IS NULL";
        LastLsn = last;
    }

    /// <summary>Reads the store of a schema. Nothing is created.</summary>
    /// <exception cref="StoreUnreachableException">The server can't be reached.</exception>
    /// <exception cref="InvalidOperationException">There is no store in the schema, or a copy that is not complete.</exception>
    public static async Task<PostgresLogReader> OpenAsync(PostgresLogStoreOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        try
        {
            await Migrations.RequireAsync(options, cancellationToken).ConfigureAwait(false);
            await CopyTables.RefuseUnfinishedAsync(options, cancellationToken).ConfigureAwait(false);
            await using NpgsqlCommand command = options.DataSource.CreateCommand("SELECT pg_snapshot_xmin(pg_current_snapshot())");
            ulong next = (ulong)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
            return new PostgresLogReader(options, new Lsn(Positions.Lsn(checked((long)next), 0).Value - 1));
        }
        catch (Exception e) when (ServerErrors.IsUnreachable(e))
        {
            throw new StoreUnreachableException($"The store in schema '{options.Schema}' can't be read: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public Lsn LastLsn { get; }

    /// <inheritdoc/>
    public IAsyncEnumerable<StreamInfo> ListAsync(string prefix = "", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return new StreamList(_options).ListAsync(prefix, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<StreamInfo?> FindAsync(StreamId id, CancellationToken cancellationToken = default)
    {
        if (await HeadAsync(id, cancellationToken).ConfigureAwait(false) is not { Tail: var tail } || tail.IsEmpty)
            return null;
        return new StreamInfo(id, tail.Head, new Sequence(tail.First), tail.Checkpoint is { } at ? new Sequence(at) : null);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<LogRecord> ReadAsync(StreamId id, Sequence from, Sequence to, CancellationToken cancellationToken = default)
        => ReadAsync(id, h => h.RangeAsync(from.Value, to.Value, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<LogRecord> ReplayAsync(StreamId id, CancellationToken cancellationToken = default)
        => ReadAsync(id, h => h.ReplayAsync(cancellationToken), cancellationToken);

    /// <summary>Closes the data source, if it owns it.</summary>
    public void Dispose()
    {
        if (_options.OwnsDataSource)
            _options.DataSource.Dispose();
    }

    private async IAsyncEnumerable<LogRecord> ReadAsync(StreamId id, Func<StreamHistory, IAsyncEnumerable<LogRecord>> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (await HeadAsync(id, cancellationToken).ConfigureAwait(false) is not { } head)
            yield break;
        await foreach (LogRecord record in read(new StreamHistory(_rows, head.Stream, id, head.Tail)).ConfigureAwait(false))
            yield return record;
    }

    private async Task<(long Stream, StreamTail Tail)?> HeadAsync(StreamId id, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _options.DataSource.CreateCommand(_find);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = Encoding.UTF8.GetBytes(id.Value) });
        if (await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not long stream)
            return null;
        return await _rows.HeadAsync(stream, cancellationToken).ConfigureAwait(false) is { Kind: not RowKind.Tombstone } head ? (stream, head.Tail) : null;
    }
}
