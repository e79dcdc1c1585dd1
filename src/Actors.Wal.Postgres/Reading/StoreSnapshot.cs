using System.Data;
using System.Runtime.CompilerServices;
using System.Text;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Reading;

/// <summary>Reads a store as of one moment, in one read-only transaction, which does not see later commits.</summary>
internal sealed class StoreSnapshot : IAsyncDisposable
{
    private const string Columns = "e.stream_id, e.seq, e.sub, e.count, e.epoch, e.kind, e.tx, e.ordinal, e.recorded_at, e.payload, e.checkpoint_seq, e.base_seq, e.base_sub, e.first_seq, e.owner";

    // work_mem is the memory that a sort over all rows may use before it spills to disk.
    private const string Settings = "SET LOCAL work_mem = '64MB'; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly string _schema;

    private StoreSnapshot(NpgsqlConnection connection, NpgsqlTransaction transaction, string schema)
    {
        _connection = connection;
        _transaction = transaction;
        _schema = Migrations.Quote(schema);
    }

    public static async Task<StoreSnapshot> OpenAsync(PostgresLogStoreOptions options, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await options.DataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            NpgsqlTransaction transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
            var snapshot = new StoreSnapshot(connection, transaction, options.Schema);
            await using NpgsqlCommand settings = snapshot.Command($"SET TRANSACTION READ ONLY; {Settings}");
            await settings.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            return snapshot;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Returns when the store's tables were created. This time identifies the store; a restored store keeps it.</summary>
    public async Task<DateTimeOffset> CreatedAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command($"SELECT min(applied_at) FROM {_schema}.migration");
        return new DateTimeOffset((DateTime)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!, TimeSpan.Zero);
    }

    /// <summary>Reads the streams whose names begin with a prefix, each with its last row if it has one.</summary>
    public async IAsyncEnumerable<StoredStream> StreamsAsync(string prefix, bool deleted, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command($"""
            SELECT s.id, s.name, s.deleted_at IS NOT NULL, s.last_epoch, h.seq, h.sub, h.count, h.epoch, h.kind, h.tx, h.ordinal, h.recorded_at, NULL::bytea, h.checkpoint_seq, h.base_seq, h.base_sub, h.first_seq
            FROM {_schema}.stream s
            LEFT JOIN LATERAL (SELECT * FROM {_schema}.event e WHERE e.stream_id = s.id ORDER BY e.seq DESC, e.sub DESC LIMIT 1) h ON true
            WHERE substring(s.name FROM 1 FOR length($1)) = $1 {(deleted ? "" : "AND s.deleted_at IS NULL")}
            """);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = Encoding.UTF8.GetBytes(prefix) });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            yield return new StoredStream(reader.GetInt64(0), Encoding.UTF8.GetString(reader.GetFieldValue<byte[]>(1)), reader.GetBoolean(2), reader.GetInt32(3), reader.IsDBNull(4) ? null : StoredRow.Read(reader, 4));
    }

    /// <summary>Reads all rows, in the order of each stream's chain or in the order of their times over all streams.</summary>
    /// <param name="byTime">Whether the rows are read in the order of their times.</param>
    /// <param name="streams">The streams to read; null for all.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public async IAsyncEnumerable<(long Stream, StoredRow Row, long Owner)> RowsAsync(bool byTime, long[]? streams, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string from = streams is null ? $"{_schema}.event e" : $"{_schema}.event e JOIN unnest($1::bigint[]) x(id) ON x.id = e.stream_id";
        await using NpgsqlCommand command = Command($"SELECT {Columns} FROM {from} ORDER BY {(byTime ? "e.recorded_at, " : "")}e.stream_id, e.seq, e.sub");
        if (streams is not null)
            command.Parameters.Add(new NpgsqlParameter { Value = streams, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            yield return (reader.GetInt64(0), StoredRow.Read(reader, 1), reader.GetInt64(14));
    }

    /// <summary>Counts the checkpoints that streams have behind their last event.</summary>
    public async IAsyncEnumerable<(long Stream, int Checkpoints)> CheckpointsBehindAsync(long[] streams, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command($"""
            SELECT x.id, count(*)::int FROM unnest($1::bigint[]) x(id)
            CROSS JOIN LATERAL (SELECT e.seq FROM {_schema}.event e WHERE e.stream_id = x.id ORDER BY e.seq DESC, e.sub DESC LIMIT 1) h
            JOIN {_schema}.event c ON c.stream_id = x.id AND c.seq = h.seq AND c.kind = {(short)RowKind.Checkpoint} GROUP BY x.id
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = streams, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            yield return (reader.GetInt64(0), reader.GetInt32(1));
    }

    /// <summary>Creates a statement in the snapshot, without a timeout.</summary>
    public NpgsqlCommand Command(string sql) => new(sql, _connection, _transaction) { CommandTimeout = 0 };

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }
}

/// <summary>A stream as stored in the tables.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">Its name. Bytes that are not valid UTF-8 are replaced.</param>
/// <param name="IsDeleted">Whether its name is free again.</param>
/// <param name="LastEpoch">The last epoch, if the stream is deleted.</param>
/// <param name="Last">Its last row, if it has any.</param>
internal sealed record StoredStream(long Id, string Name, bool IsDeleted, int LastEpoch, StoredRow? Last)
{
    /// <summary>Its head, first and last checkpoint; null if it is deleted or empty.</summary>
    public StreamInfo? Info
        => Last is { Kind: not RowKind.Tombstone, Tail: { IsEmpty: false } tail }
            ? new StreamInfo(new LogStreamId(Name), tail.Head, new Sequence(tail.First), tail.Checkpoint is { } at ? new Sequence(at) : null)
            : null;
}
