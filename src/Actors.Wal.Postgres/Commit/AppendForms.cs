using System.Globalization;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Streams;

namespace Actors.Wal.Postgres.Commit;

/// <summary>
/// The six forms of the append statement, each prepared once per connection. Four look at the streams' last rows, and insert a stream's rows
/// only if its last row is this owner's, and the one that the new rows follow. Two do not look, because <see cref="Sightings"/> show that
/// the primary key decides. All return the columns that <see cref="AppendForm"/> reads.
/// </summary>
internal sealed class AppendForms : IAsyncDisposable
{
    private const string Common = "stream_id, last_seq, last_sub, count, epoch, ordinal, payload";
    private const string Place = "seq, sub";
    private const string Special = "kind, checkpoint_seq, base_seq, base_sub, first_seq";
    private const string Inserted = $"stream_id, count, epoch, ordinal, payload, {Place}, {Special}";

    // The owner is the first parameter of all forms, the commit's number the second.
    private const int FirstOfRows = 3;

    // The time and the server of the next sighting.
    private const string Seen = "now(), pg_postmaster_start_time()";

    // r is a new row, h the stream's last one.
    private const string Follows = "h.epoch = r.epoch AND h.owner = $1 AND h.seq = r.last_seq AND h.sub = r.last_sub";
    private const string Compared = "e.seq, e.sub, e.epoch, e.owner, e.recorded_at";

    private readonly string _table;
    private readonly string _tx;
    private readonly AppendForm _row;
    private readonly AppendForm _events;
    private readonly AppendForm _rows;
    private readonly AppendForm _groups;
    private readonly AppendForm _sightedRow;
    private readonly AppendForm _sightedRows;

    /// <param name="options">The store's options.</param>
    /// <param name="owner">The number in each row of this store, which distinguishes them from the rows of others.</param>
    public AppendForms(PostgresLogStoreOptions options, long owner)
    {
        string schema = Migrations.Quote(options.Schema);
        _table = schema + ".event";
        _tx = TransactionNumbers.Raised("pg_current_xact_id()", schema);
        var row = new RowParameters($"{Common}, {Place}, {Special}", isOneRow: true);
        var events = new RowParameters(Common);
        var rows = new RowParameters($"{Common}, {Place}, {Special}, grp");
        var sightedRow = new RowParameters(Inserted, isOneRow: true);
        var sightedRows = new RowParameters(Inserted);
        _row = Form(Row(row), row);
        _events = Form(Events(events), events);
        _rows = Form(Rows(rows), rows);
        _groups = Form(Groups(rows), rows);
        _sightedRow = Form(SightedRow(sightedRow, out SightedRows one), one);
        _sightedRows = Form(SightedRows(sightedRows, out SightedRows many), many);

        AppendForm Form(string text, IRowParameters parameters) => new(owner, options.Time, text, parameters);
    }

    /// <summary>Returns the form for these rows.</summary>
    /// <param name="streams">The streams' rows.</param>
    /// <param name="isSighted">Whether sightings show that the last rows need not be looked at.</param>
    public AppendForm Of(IReadOnlyList<StreamBatch> streams, bool isSighted)
    {
        if (streams is [{ Rows.Count: 1 }])
            return isSighted ? _sightedRow : _row;
        return isSighted ? _sightedRows
            : streams.All(static s => s.IsPlain) ? _events
            : streams.Any(static s => s.Group != 0) ? _groups
            : _rows;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (AppendForm form in (AppendForm[])[_row, _events, _rows, _groups, _sightedRow, _sightedRows])
            await form.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>One row of any kind.</summary>
    private string Row(RowParameters row) => $"""
        {Insert("GREATEST(now(), x.recorded_at)")}
        FROM (SELECT r.*, h.recorded_at FROM ({row.Select(FirstOfRows)}) r {LastRow(Compared)} WHERE {Follows}) x
        RETURNING 1::bigint, tx, recorded_at <= now(), {Seen}
        """;

    /// <summary>One row of events for each stream. It takes what does not change from the stream's last row.</summary>
    private string Events(RowParameters rows)
    {
        string isBase = string.Create(CultureInfo.InvariantCulture, $"h.kind IN ({(short)RowKind.State}, {(short)RowKind.Checkpoint})");
        return Counted($"""
            FROM (SELECT r.*, h.seq + h.count AS seq, CASE h.count WHEN 0 THEN h.sub + 1 ELSE 0 END AS sub,
                         {(short)RowKind.Events}::smallint AS kind, h.checkpoint_seq, h.first_seq, h.recorded_at,
                         CASE WHEN {isBase} THEN h.seq ELSE h.base_seq END AS base_seq, CASE WHEN {isBase} THEN h.sub ELSE h.base_sub END AS base_sub
                  FROM ({rows.Select(FirstOfRows)}) r {LastRow($"{Compared}, e.count, e.kind, e.checkpoint_seq, e.base_seq, e.base_sub, e.first_seq")}
                  WHERE {Follows}) x
            """);
    }

    /// <summary>Any rows of any streams.</summary>
    private string Rows(RowParameters rows) => Counted($"FROM ({Compare(rows)}) x WHERE x.follows");

    /// <summary>Any rows, of which those of a group go in together or not at all.</summary>
    private string Groups(RowParameters rows) => Counted($"""
        FROM (SELECT a.*, bool_and(a.follows) OVER (PARTITION BY CASE a.grp WHEN 0 THEN a.stream_id ELSE -a.grp END) AS all_follow FROM ({Compare(rows)}) a) x
        WHERE x.all_follow ORDER BY x.stream_id, x.seq, x.sub
        """);

    /// <summary>One row of any kind, without a look at the last one.</summary>
    private string SightedRow(RowParameters row, out SightedRows sighted)
    {
        sighted = new SightedRows(row);
        return $"""
            {Insert("now()")} FROM ({row.Select(FirstOfRows)}) x WHERE {sighted.Condition(FirstOfRows)}
            RETURNING 1::bigint, tx, true, {Seen}
            """;
    }

    /// <summary>Any rows of any streams and groups, without a look at the last ones.</summary>
    private string SightedRows(RowParameters rows, out SightedRows sighted)
    {
        sighted = new SightedRows(rows);
        string condition = sighted.Condition(FirstOfRows);
        return $"""
            WITH gone_in AS ({Insert("now()")} FROM ({rows.Select(FirstOfRows)}) x WHERE {condition})
            SELECT cardinality(${FirstOfRows})::bigint, {_tx}, true, {Seen} WHERE {condition}
            """;
    }

    private string Insert(string time)
        => $"INSERT INTO {_table} (owner, commit_id, recorded_at, {Inserted}) SELECT $1, $2, {time}, x.{Inserted.Replace(", ", ", x.", StringComparison.Ordinal)}";

    // If a row's time is later than the server's, the next append must read the last row: its row gets that time too.
    private string Counted(string from) => $"""
        WITH gone_in AS ({Insert("GREATEST(now(), x.recorded_at)")} {from} RETURNING recorded_at)
        SELECT count(*), {_tx}, max(recorded_at) <= now(), {Seen} FROM gone_in
        """;

    private string Compare(RowParameters rows)
        => $"SELECT r.*, h.recorded_at, {Follows} AS follows FROM ({rows.Select(FirstOfRows)}) r {LastRow(Compared)}";

    // Without the lower bound of seq the server would read all entries of the stream in a page of the index.
    private string LastRow(string columns) => $"""
        CROSS JOIN LATERAL (SELECT {columns} FROM {_table} e
                            WHERE e.stream_id = r.stream_id AND e.seq >= r.last_seq ORDER BY e.seq DESC, e.sub DESC LIMIT 1) h
        """;
}
