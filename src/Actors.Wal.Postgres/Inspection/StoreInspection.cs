using Actors.Wal.Postgres.Copying;
using Actors.Wal.Postgres.Reading;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Servers;
using Actors.Wal.Postgres.Streams;
using Npgsql;

namespace Actors.Wal.Postgres.Inspection;

/// <summary>Reports what a store uses on its server, and what it waits for there. It reads without owning streams.</summary>
internal sealed class StoreInspection(PostgresLogStoreOptions options)
{
    private readonly string _schema = Migrations.Quote(options.Schema);

    /// <exception cref="StoreUnreachableException">The server can't be reached.</exception>
    /// <exception cref="InvalidOperationException">There is no store in the schema.</exception>
    public async Task<StoreReport> RunAsync(string? prefix, CancellationToken cancellationToken)
    {
        try
        {
            await Migrations.RequireAsync(options, cancellationToken).ConfigureAwait(false);
            await using StoreSnapshot snapshot = await StoreSnapshot.OpenAsync(options, cancellationToken).ConfigureAwait(false);
            (List<StreamInfo> streams, long deleted) = await StreamsAsync(snapshot, cancellationToken).ConfigureAwait(false);
            (long waiting, DateTimeOffset? since) = await TrimsAsync(snapshot, cancellationToken).ConfigureAwait(false);
            return new StoreReport(
                await ServerAsync(snapshot, cancellationToken).ConfigureAwait(false) with { CopyOf = await CopyOfAsync(cancellationToken).ConfigureAwait(false) },
                streams.Count,
                deleted,
                streams.Sum(s => s.Head.Value - s.First.Value + 1),
                await TablesAsync(snapshot, cancellationToken).ConfigureAwait(false),
                waiting,
                since,
                await FeedAsync(snapshot, cancellationToken).ConfigureAwait(false),
                prefix is null ? null : [.. streams.Where(s => s.Id.Value.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(s => s.Id.Value, StringComparer.Ordinal)]);
        }
        catch (Exception e) when (ServerErrors.IsUnreachable(e))
        {
            throw new StoreUnreachableException($"The store in schema '{options.Schema}' can't be read: {e.Message}", e);
        }
    }

    /// <summary>Counts all rows by kind, and the bytes of their payloads that their streams still keep.</summary>
    public async Task<IReadOnlyList<KindCount>> CountAsync(CancellationToken cancellationToken)
    {
        await Migrations.RequireAsync(options, cancellationToken).ConfigureAwait(false);
        await using StoreSnapshot snapshot = await StoreSnapshot.OpenAsync(options, cancellationToken).ConfigureAwait(false);
        await using NpgsqlCommand command = snapshot.Command($"""
            WITH head AS (
              SELECT s.id, h.seq, h.sub, h.first_seq FROM {_schema}.stream s
              CROSS JOIN LATERAL (SELECT * FROM {_schema}.event e WHERE e.stream_id = s.id ORDER BY e.seq DESC, e.sub DESC LIMIT 1) h
              WHERE s.deleted_at IS NULL AND h.kind <> {(short)RowKind.Tombstone})
            SELECT e.kind, count(*), sum(GREATEST(e.count, 1))::bigint, COALESCE(sum(octet_length(e.payload)), 0)::bigint,
                   COALESCE(sum(octet_length(e.payload)) FILTER (WHERE e.seq + e.count > h.first_seq OR (e.kind IN ({(short)RowKind.State}, {(short)RowKind.Checkpoint}) AND e.checkpoint_seq + 1 >= h.first_seq)), 0)::bigint
            FROM {_schema}.event e LEFT JOIN head h ON h.id = e.stream_id GROUP BY e.kind ORDER BY e.kind
            """);
        var counts = new List<KindCount>();
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            counts.Add(new KindCount((RowKind)reader.GetInt16(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4)));
        return counts;
    }

    private static async Task<(List<StreamInfo> Streams, long Deleted)> StreamsAsync(StoreSnapshot snapshot, CancellationToken cancellationToken)
    {
        var streams = new List<StreamInfo>();
        long deleted = 0;
        await foreach (StoredStream stream in snapshot.StreamsAsync("", deleted: true, cancellationToken).ConfigureAwait(false))
        {
            if (stream.IsDeleted || stream.Last is { Kind: RowKind.Tombstone })
                deleted++;
            else if (stream.Info is { } info)
                streams.Add(info);
        }

        return (streams, deleted);
    }

    private async Task<ServerLine> ServerAsync(StoreSnapshot snapshot, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = snapshot.Command($"""
            SELECT current_setting('server_version'), current_database(), current_setting('data_checksums') = 'on',
                   (SELECT max(version) FROM {_schema}.migration), (SELECT min(applied_at) FROM {_schema}.migration),
                   (SELECT count(*) FROM pg_inherits WHERE inhparent = $1::regclass)::int
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = $"{_schema}.event" });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return new ServerLine(reader.GetString(0), reader.GetString(1), options.Schema, reader.GetBoolean(2), reader.GetInt32(3), new DateTimeOffset(reader.GetDateTime(4), TimeSpan.Zero), reader.GetInt32(5), null);
    }

    private async Task<string?> CopyOfAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await options.DataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        return (await new CopyTables(options.Schema).FindAsync(connection, cancellationToken).ConfigureAwait(false))?.Source;
    }

    private async Task<IReadOnlyList<TableLine>> TablesAsync(StoreSnapshot snapshot, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = snapshot.Command("""
            SELECT t.name, sum(pg_table_size(t.id))::bigint, sum(pg_indexes_size(t.id))::bigint,
                   COALESCE(sum(pg_stat_get_live_tuples(t.id)), 0)::bigint, COALESCE(sum(pg_stat_get_dead_tuples(t.id)), 0)::bigint
            FROM (SELECT c.oid AS id, COALESCE(p.relname, c.relname) AS name FROM pg_class c
                  LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent
                  JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r') t
            WHERE t.name IN ('event', 'spent_fence', 'stream', 'trim') GROUP BY t.name ORDER BY t.name
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = options.Schema });
        var tables = new List<TableLine>();
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            tables.Add(new TableLine(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4)));
        return tables;
    }

    private async Task<(long Waiting, DateTimeOffset? Since)> TrimsAsync(StoreSnapshot snapshot, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = snapshot.Command($"SELECT count(*), min(since) FROM {_schema}.trim");
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return (reader.GetInt64(0), reader.IsDBNull(1) ? null : new DateTimeOffset(reader.GetDateTime(1), TimeSpan.Zero));
    }

    /// <summary>Returns what the change feed waits for: the oldest transaction on the server that has a number, of any user.</summary>
    private static async Task<FeedLine> FeedAsync(StoreSnapshot snapshot, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = snapshot.Command("""
            WITH running AS (
              SELECT age(backend_xid) AS age, format('process %s of %s, %s, %s', pid, usename, COALESCE(NULLIF(application_name, ''), 'no application name'), state) AS who, xact_start AS begun
              FROM pg_stat_activity WHERE backend_xid IS NOT NULL
              UNION ALL SELECT age(transaction), format('prepared transaction ''%s'' of %s', gid, owner), prepared FROM pg_prepared_xacts)
            SELECT pg_snapshot_xmax(s)::text::bigint - pg_snapshot_xmin(s)::text::bigint, r.who, r.begun
            FROM pg_current_snapshot() s LEFT JOIN (SELECT * FROM running ORDER BY age DESC LIMIT 1) r ON true
            """);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return new FeedLine(reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetString(1), reader.IsDBNull(2) ? null : new DateTimeOffset(reader.GetDateTime(2), TimeSpan.Zero));
    }
}

/// <summary>A report on a store.</summary>
/// <param name="Server">Its server and schema.</param>
/// <param name="Streams">Streams that are not empty.</param>
/// <param name="DeletedStreams">Deleted streams whose numbers are still known.</param>
/// <param name="Events">Events that streams keep.</param>
/// <param name="Tables">Its tables.</param>
/// <param name="TrimStreams">Streams that have rows to delete.</param>
/// <param name="TrimSince">When the oldest of them began to wait.</param>
/// <param name="Feed">What the change feed waits for.</param>
/// <param name="StreamList">The streams; null if they were not asked for.</param>
internal sealed record StoreReport(
    ServerLine Server, long Streams, long DeletedStreams, long Events, IReadOnlyList<TableLine> Tables, long TrimStreams, DateTimeOffset? TrimSince, FeedLine Feed, IReadOnlyList<StreamInfo>? StreamList);

/// <param name="Version">The server's version.</param>
/// <param name="Database">The database.</param>
/// <param name="Schema">The schema.</param>
/// <param name="Checksums">Whether the server's pages have checksums.</param>
/// <param name="SchemaVersion">The version of the log's tables.</param>
/// <param name="Created">When the tables were created.</param>
/// <param name="Partitions">The number of partitions of the event table; 0 for none.</param>
/// <param name="CopyOf">The source, if this is a copy that is not complete; else null.</param>
internal sealed record ServerLine(string Version, string Database, string Schema, bool Checksums, int SchemaVersion, DateTimeOffset Created, int Partitions, string? CopyOf);

/// <param name="Table">The table, with all its partitions.</param>
/// <param name="Bytes">Its bytes.</param>
/// <param name="IndexBytes">The bytes of its indexes.</param>
/// <param name="Rows">Rows, according to the server's statistics.</param>
/// <param name="DeadRows">Rows that wait for vacuum.</param>
internal sealed record TableLine(string Table, long Bytes, long IndexBytes, long Rows, long DeadRows);

/// <param name="Transactions">The most transactions that may be newer than the oldest running one.</param>
/// <param name="Oldest">The oldest running transaction; null if there is none, or the user may not see it.</param>
/// <param name="Since">When it began.</param>
internal sealed record FeedLine(long Transactions, string? Oldest, DateTimeOffset? Since);

/// <param name="Kind">The kind.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Records">Records in them.</param>
/// <param name="Bytes">Bytes of payload.</param>
/// <param name="LiveBytes">Bytes of payload that streams keep.</param>
internal sealed record KindCount(RowKind Kind, long Rows, long Records, long Bytes, long LiveBytes);
