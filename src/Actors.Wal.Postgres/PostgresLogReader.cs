using Actors.Wal.Postgres.Copying;
using Actors.Wal.Postgres.Reading;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Servers;
using Actors.Wal.Postgres.Streams;
using Npgsql;

namespace Actors.Wal.Postgres;

/// <summary>Reads a store in PostgreSQL without owning its streams. Each call sees what is committed when it is made.</summary>
public sealed class PostgresLogReader : ILogReader
{
    private readonly PostgresLogStoreOptions _options;
    private readonly UnownedStreams _streams;

    private PostgresLogReader(PostgresLogStoreOptions options, Lsn last)
    {
        _options = options;
        _streams = new UnownedStreams(options, new StreamRows(options));
        LastLsn = last;
    }

    /// <summary>Reads the store of a schema. Nothing is created.</summary>
    /// <exception cref="StoreUnreachableException">The server can't be reached.</exception>
    /// <exception cref="InvalidOperationException">The schema has no store, one of another release, or a copy that is not complete.</exception>
    public static async Task<PostgresLogReader> OpenAsync(PostgresLogStoreOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        try
        {
            await Migrations.RequireAsync(options, cancellationToken).ConfigureAwait(false);
            await CopyTables.RefuseUnfinishedAsync(options, cancellationToken).ConfigureAwait(false);
            await using NpgsqlCommand command = options.DataSource.CreateCommand($"SELECT {TransactionNumbers.Raised("pg_snapshot_xmin(pg_current_snapshot())", Migrations.Quote(options.Schema))}");
            ulong next = (ulong)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
            return new PostgresLogReader(options, new Lsn(Positions.Lsn(checked((long)next), 0).Value - 1));
        }
        catch (Exception e) when (e is PostgresException || ServerErrors.IsUnreachable(e))
        {
            throw new StoreUnreachableException($"The store in schema '{options.Schema}' can't be read: {ServerErrors.Explain(e)}", e);
        }
    }

    /// <inheritdoc/>
    public Lsn LastLsn { get; }

    /// <inheritdoc/>
    public IAsyncEnumerable<StreamInfo> ListAsync(string prefix = "", CancellationToken cancellationToken = default)
        => _streams.ListAsync(prefix, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<StreamInfo?> FindAsync(LogStreamId id, CancellationToken cancellationToken = default)
        => _streams.FindAsync(id, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<LogRecord> ReadAsync(LogStreamId id, Sequence from, Sequence to, CancellationToken cancellationToken = default)
        => _streams.ReadAsync(id, from, to, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<LogRecord> ReplayAsync(LogStreamId id, CancellationToken cancellationToken = default)
        => _streams.ReplayAsync(id, cancellationToken);

    /// <summary>Closes the data source, if the reader owns it.</summary>
    public void Dispose()
    {
        if (_options.OwnsDataSource)
            _options.DataSource.Dispose();
    }
}
