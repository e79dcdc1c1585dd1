using System.Text;
using Actors.Wal.Postgres.Reading;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Servers;
using Actors.Wal.Postgres.Streams;
using Npgsql;

namespace Actors.Wal.Postgres.Inspection;

/// <summary>
/// Shows people a store: lists of its streams, its newest records, and its size. Each query reads no more than its limit, or its cost is
/// said. Damaged rows are left out.
/// </summary>
internal sealed class StoreLook(PostgresLogStoreOptions options)
{
    // The newest streams are found among so many of the newest rows.
    private const int RecentRows = 20_000;

    private const string HeadColumns = "h.seq, h.sub, h.count, h.epoch, h.kind, h.tx, h.ordinal, h.recorded_at, NULL::bytea, h.checkpoint_seq, h.base_seq, h.base_sub, h.first_seq";
    private const string RecordColumns = "e.seq, e.sub, e.count, e.epoch, e.kind, e.tx, e.ordinal, e.recorded_at, e.payload, e.checkpoint_seq, e.base_seq, e.base_sub, e.first_seq";

    private readonly string _schema = Migrations.Quote(options.Schema);

    private string Head => $"CROSS JOIN LATERAL (SELECT * FROM {_schema}.event e WHERE e.stream_id = s.id ORDER BY e.seq DESC, e.sub DESC LIMIT 1) h";

    /// <summary>Returns the streams that were written last. Streams that were not written for long may be missing.</summary>
    public Task<IReadOnlyList<StreamInfo>> NewestAsync(int most, CancellationToken cancellationToken) => ListAsync(
        $"""
        SELECT s.name, {HeadColumns}
        FROM (SELECT stream_id, max(tx) AS tx FROM (SELECT stream_id, tx FROM {_schema}.event ORDER BY tx DESC LIMIT {RecentRows}) r
              GROUP BY stream_id ORDER BY 2 DESC LIMIT $1) n
        JOIN {_schema}.stream s ON s.id = n.stream_id AND s.deleted_at IS NULL {Head}
        ORDER BY h.tx DESC, h.ordinal DESC
        """,
        [Number(most)],
        cancellationToken);

    /// <summary>Returns the streams with the most events. It looks at the last row of every stream.</summary>
    public Task<IReadOnlyList<StreamInfo>> LongestAsync(string prefix, int most, CancellationToken cancellationToken) => ListAsync(
        $"""
        SELECT s.name, {HeadColumns} FROM {_schema}.stream s {Head}
        WHERE s.deleted_at IS NULL AND substring(s.name FROM 1 FOR length($2)) = $2
        ORDER BY h.seq + h.count - h.first_seq DESC, s.name LIMIT $1
        """,
        [Number(most), Bytes(prefix)],
        cancellationToken);

    /// <summary>Returns streams in the order of their names.</summary>
    public Task<IReadOnlyList<StreamInfo>> ByNameAsync(string prefix, long skip, int most, CancellationToken cancellationToken) => ListAsync(
        $"""
        SELECT s.name, {HeadColumns}
        FROM (SELECT id, name FROM {_schema}.stream WHERE deleted_at IS NULL AND name >= $2 AND substring(name FROM 1 FOR length($2)) = $2 ORDER BY name OFFSET $3 LIMIT $1) s {Head}
        ORDER BY s.name
        """,
        [Number(most), Bytes(prefix), Number(skip)],
        cancellationToken);

    /// <summary>Counts the streams whose names have a prefix.</summary>
    public Task<long> CountAsync(string prefix, CancellationToken cancellationToken) => ValueAsync(
        $"SELECT count(*) FROM {_schema}.stream WHERE deleted_at IS NULL AND name >= $1 AND substring(name FROM 1 FOR length($1)) = $1", [Bytes(prefix)], cancellationToken);

    /// <summary>Returns the bytes of the tables and their indexes.</summary>
    public Task<long> SizeAsync(CancellationToken cancellationToken) => ValueAsync(
        "SELECT COALESCE(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r'",
        [new NpgsqlParameter<string> { TypedValue = options.Schema }],
        cancellationToken);

    /// <summary>Returns the last LSN that the change feed may have reached.</summary>
    public async Task<Lsn> EndAsync(CancellationToken cancellationToken)
    {
        long next = await ValueAsync($"SELECT {TransactionNumbers.Raised("pg_snapshot_xmin(pg_current_snapshot())", _schema)}::text::bigint", [], cancellationToken).ConfigureAwait(false);
        return new Lsn(Positions.Lsn(next, 0).Value - 1);
    }

    /// <summary>Returns the newest records behind an LSN, oldest first, and whether older ones were left out.</summary>
    public Task<(IReadOnlyList<LogRecord> Records, bool IsCut)> NewestRecordsAsync(Lsn after, Lsn end, int most, CancellationToken cancellationToken) => ServerReads.DoAsync(
        options,
        async () =>
        {
            await using NpgsqlCommand command = options.DataSource.CreateCommand($"""
                SELECT s.name, {RecordColumns} FROM (SELECT * FROM {_schema}.event WHERE tx > $1 AND tx <= $2 ORDER BY tx DESC, ordinal DESC LIMIT $3) e
                JOIN {_schema}.stream s ON s.id = e.stream_id ORDER BY e.tx, e.ordinal
                """);
            command.Parameters.Add(Transaction(Positions.Tx(after)));
            command.Parameters.Add(Transaction(Positions.Tx(end)));
            command.Parameters.Add(Number(most));
            var records = new List<LogRecord>();
            int rows = 0;
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            for (; await reader.ReadAsync(cancellationToken).ConfigureAwait(false); rows++)
                records.AddRange(Decode(new LogStreamId(Encoding.UTF8.GetString(reader.GetFieldValue<byte[]>(0))), StoredRow.Read(reader, 1)));
            List<LogRecord> newest = records.Count > most ? records.GetRange(records.Count - most, most) : records;
            return ((IReadOnlyList<LogRecord>)newest, rows == most || newest.Count < records.Count);
        },
        cancellationToken);

    private static List<LogRecord> Decode(LogStreamId stream, StoredRow row)
    {
        try
        {
            return [.. row.Records(stream)];
        }
        catch (LogCorruptException)
        {
            return [];
        }
    }

    private Task<IReadOnlyList<StreamInfo>> ListAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken) => ServerReads.DoAsync<IReadOnlyList<StreamInfo>>(
        options,
        async () =>
        {
            await using NpgsqlCommand command = options.DataSource.CreateCommand(sql);
            foreach (NpgsqlParameter parameter in parameters)
                command.Parameters.Add(parameter.Clone());
            var streams = new List<StreamInfo>();
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                StoredRow head = StoredRow.Read(reader, 1);
                StreamTail tail = head.Tail;
                if (head.Kind != RowKind.Tombstone && !tail.IsEmpty)
                    streams.Add(new StreamInfo(new LogStreamId(Encoding.UTF8.GetString(reader.GetFieldValue<byte[]>(0))), tail.Head, new Sequence(tail.First), tail.Checkpoint is { } at ? new Sequence(at) : null));
            }

            return streams;
        },
        cancellationToken);

    private Task<long> ValueAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken) => ServerReads.DoAsync(
        options,
        async () =>
        {
            await using NpgsqlCommand command = options.DataSource.CreateCommand(sql);
            foreach (NpgsqlParameter parameter in parameters)
                command.Parameters.Add(parameter.Clone());
            return (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        },
        cancellationToken);

    private static NpgsqlParameter<long> Number(long value) => new() { TypedValue = value };

    private static NpgsqlParameter<byte[]> Bytes(string text) => new() { TypedValue = Encoding.UTF8.GetBytes(text) };

    private static NpgsqlParameter<ulong> Transaction(long tx) => new() { TypedValue = (ulong)tx, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Xid8 };
}
