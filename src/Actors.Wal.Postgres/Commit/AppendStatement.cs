using System.Globalization;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Commit;

/// <summary>
/// The one statement of a commit. It inserts a stream's rows only if the stream's last row is this owner's, and the one that the new rows
/// follow. The primary key prevents another owner's row in between. The statement has six forms, each prepared once per connection. Four
/// read the last rows: for one row; for rows of events alone, which take unchanged columns from the last row; for any rows; and for groups,
/// whose rows are inserted all or none. Two, for one row and for many, do not read the last rows. They are used where
/// <see cref="Sightings"/> show that the position behind the row that the owner knows is free or taken, so that the primary key decides.
/// </summary>
internal sealed class AppendStatement : IAsyncDisposable
{
    private const string Common = "stream_id, last_seq, last_sub, count, epoch, ordinal, payload";
    private const string Place = "seq, sub";
    private const string Special = "kind, checkpoint_seq, base_seq, base_sub, first_seq";
    private const string Inserted = $"stream_id, count, epoch, ordinal, payload, {Place}, {Special}";

    // The owner is the first parameter of all forms, the commit's number the second.
    private const int FirstOfRows = 3;

    // The time and the server of the next sighting.
    private const string Seen = "now(), pg_postmaster_start_time()";

    private readonly string _examine;
    private readonly Sightings _sightings;
    private readonly AppendForm _lone;
    private readonly AppendForm _plain;
    private readonly AppendForm _full;
    private readonly AppendForm _grouped;
    private readonly AppendForm _sightedLone;
    private readonly AppendForm _sighted;

    /// <param name="options">The store's options.</param>
    /// <param name="owner">The number in each row of this store, which distinguishes them from the rows of others.</param>
    /// <param name="raise">The number that is added to the server's transaction numbers.</param>
    public AppendStatement(PostgresLogStoreOptions options, long owner, long raise)
    {
        _sightings = new Sightings(options.Time);
        string tx = TransactionNumbers.Raised("pg_current_xact_id()", raise);
        string table = Migrations.Quote(options.Schema) + ".event";
        string into = $"INSERT INTO {table} (owner, commit_id, recorded_at, {Inserted})";
        string insert = $"{into} SELECT $1, $2, GREATEST(now(), x.recorded_at), {Prefixed("x", Inserted)}";
        string insertSighted = $"{into} SELECT $1, $2, now(), {Prefixed("x", Inserted)}";
        string based = string.Create(CultureInfo.InvariantCulture, $"h.kind IN ({(short)RowKind.State}, {(short)RowKind.Checkpoint})");
        const string Follows = "h.epoch = r.epoch AND h.owner = $1 AND h.seq = r.last_seq AND h.sub = r.last_sub";

        // Without the lower bound of seq the server would read all entries of the stream in a page of the index.
        string Head(string columns) => $"""
            CROSS JOIN LATERAL (SELECT {columns} FROM {table} e
                                WHERE e.stream_id = r.stream_id AND e.seq >= r.last_seq ORDER BY e.seq DESC, e.sub DESC LIMIT 1) h
            """;
        var plain = new RowColumns(Common);
        _plain = new AppendForm(owner, options.Time, Count($"""
            {insert}
            FROM (SELECT r.*, h.seq + h.count AS seq, CASE h.count WHEN 0 THEN h.sub + 1 ELSE 0 END AS sub,
                         {(short)RowKind.Events}::smallint AS kind, h.checkpoint_seq, h.first_seq, h.recorded_at,
                         CASE WHEN {based} THEN h.seq ELSE h.base_seq END AS base_seq, CASE WHEN {based} THEN h.sub ELSE h.base_sub END AS base_sub
                  FROM ({plain.Select(FirstOfRows)}) r
                  {Head("e.seq, e.sub, e.count, e.epoch, e.owner, e.kind, e.recorded_at, e.checkpoint_seq, e.base_seq, e.base_sub, e.first_seq")}
                  WHERE {Follows}) x
            """, tx), plain);
        var full = new RowColumns($"{Common}, {Place}, {Special}, grp");
        string rows = $"""
            SELECT r.*, h.recorded_at, {Follows} AS follows FROM ({full.Select(FirstOfRows)}) r
            {Head("e.seq, e.sub, e.epoch, e.owner, e.recorded_at")}
            """;
        _full = new AppendForm(owner, options.Time, Count($"{insert} FROM ({rows}) x WHERE x.follows", tx), full);
        _grouped = new AppendForm(owner, options.Time, Count($"""
            {insert}
            FROM (SELECT a.*, bool_and(a.follows) OVER (PARTITION BY CASE a.grp WHEN 0 THEN a.stream_id ELSE -a.grp END) AS all_follow FROM ({rows}) a) x
            WHERE x.all_follow ORDER BY x.stream_id, x.seq, x.sub
            """, tx), full);
        const string Row = $"""
            (SELECT $3::bigint, $4::bigint, $5::int, $6::int, $7::int, $8::int, $9::bytea, $10::bigint, $11::int, $12::smallint, $13::bigint, $14::bigint, $15::int, $16::bigint)
            AS r({Common}, {Place}, {Special})
            """;
        _lone = new AppendForm(owner, options.Time, $"""
            {insert}
            FROM (SELECT r.*, h.recorded_at
                  FROM {Row}
                  {Head("e.seq, e.sub, e.epoch, e.owner, e.recorded_at")}
                  WHERE {Follows}) x
            RETURNING 1::bigint, tx, recorded_at <= now(), {Seen}
            """, new RowValues());
        _sightedLone = new AppendForm(owner, options.Time, $"""
            {insertSighted} FROM (SELECT r.* FROM {Row}) x WHERE {Sightings.Condition(FirstOfRows + RowValues.Parameters)}
            RETURNING 1::bigint, tx, true, {Seen}
            """, Sightings.With(new RowValues()));
        var sighted = new RowColumns(Inserted);
        string condition = Sightings.Condition(FirstOfRows + sighted.Parameters);
        _sighted = new AppendForm(owner, options.Time, $"""
            WITH gone_in AS ({insertSighted} FROM ({sighted.Select(FirstOfRows)}) x WHERE {condition})
            SELECT cardinality(${FirstOfRows})::bigint, {tx}, true, {Seen} WHERE {condition}
            """, Sightings.With(sighted));
        _examine = $"""
            SELECT x.stream_id, e.tx, e.commit_id IS NOT DISTINCT FROM $1
            FROM unnest($2::bigint[], $3::bigint[], $4::int[]) AS x(stream_id, seq, sub)
            JOIN {table} e ON e.stream_id = x.stream_id AND e.seq = x.seq AND e.sub = x.sub
            """;
    }

    /// <summary>Returns whether a form can be used that does not read the streams' last rows.</summary>
    public bool IsSighted(IReadOnlyList<StreamBatch> streams) => _sightings.Suffice(streams);

    /// <summary>Sends the statement.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="commit">The commit's number, which identifies its rows after an answer was lost.</param>
    /// <param name="streams">The streams' rows.</param>
    /// <param name="isSighted">Whether to use a form that does not read the last rows; it inserts all rows or none.</param>
    /// <param name="cancellationToken">Cancels the statement.</param>
    /// <returns>Null if some rows were not inserted. After a form that reads the last rows, <see cref="ExamineAsync"/> tells which.</returns>
    public Task<BatchCommitResult?> RunAsync(NpgsqlConnection connection, long commit, IReadOnlyList<StreamBatch> streams, bool isSighted, CancellationToken cancellationToken)
    {
        bool isLone = streams is [{ Rows.Count: 1 }];
        AppendForm form = isSighted ? (isLone ? _sightedLone : _sighted)
            : isLone ? _lone
            : streams.All(static s => s.IsPlain) ? _plain
            : streams.Any(static s => s.Group != 0) ? _grouped
            : _full;
        return form.RunAsync(connection, commit, streams, cancellationToken);
    }

    /// <summary>Reads the rows at the positions where each stream's first row was to be inserted.</summary>
    /// <returns>For each stream with a row there: its transaction if the row is this commit's, null if it is another's.</returns>
    public async Task<Dictionary<long, long?>> ExamineAsync(NpgsqlConnection connection, long commit, IReadOnlyList<StreamBatch> streams, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(_examine, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = commit });
        AddArray(command.Parameters, NpgsqlDbType.Bigint, streams, s => s.Stream.Id);
        AddArray(command.Parameters, NpgsqlDbType.Bigint, streams, s => s.Start.Seq);
        AddArray(command.Parameters, NpgsqlDbType.Integer, streams, s => s.Start.Sub);
        var found = new Dictionary<long, long?>();
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            found[reader.GetInt64(0)] = reader.GetBoolean(2) ? checked((long)reader.GetFieldValue<ulong>(1)) : null;
        return found;
    }

    public async ValueTask DisposeAsync()
    {
        await _lone.DisposeAsync().ConfigureAwait(false);
        await _plain.DisposeAsync().ConfigureAwait(false);
        await _full.DisposeAsync().ConfigureAwait(false);
        await _grouped.DisposeAsync().ConfigureAwait(false);
        await _sightedLone.DisposeAsync().ConfigureAwait(false);
        await _sighted.DisposeAsync().ConfigureAwait(false);
    }

    private static string Prefixed(string table, string columns) => string.Join(", ", columns.Split(", ").Select(c => $"{table}.{c}"));

    // If a row's time is later than the server's, the next append must read the last row: its row gets that time too.
    private static string Count(string insert, string tx) => $"WITH gone_in AS ({insert} RETURNING recorded_at) SELECT count(*), {tx}, max(recorded_at) <= now(), {Seen} FROM gone_in";

    private static void AddArray<TRow, TValue>(NpgsqlParameterCollection parameters, NpgsqlDbType type, IReadOnlyList<TRow> rows, Func<TRow, TValue> value)
    {
        var values = new TValue[rows.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = value(rows[i]);
        parameters.Add(new NpgsqlParameter { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type });
    }
}
