using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Commit;

/// <summary>
/// The one statement of a commit. A stream's rows go in only if the last row that is there is this owner's, and the one that
/// they were made to follow; the primary key sees to it that nobody else gets in between.
/// </summary>
internal sealed class AppendStatement
{
    private readonly string _plain;
    private readonly string _grouped;
    private readonly string _examine;
    private readonly long _owner;

    /// <param name="schema">The tables' schema.</param>
    /// <param name="owner">What tells this store's rows from those of all others, in each of them.</param>
    public AppendStatement(string schema, long owner)
    {
        _owner = owner;
        string events = Migrations.Quote(schema) + ".event";
        const string Columns = "stream_id, seq, sub, count, epoch, owner, kind, checkpoint_seq, base_seq, base_sub, first_seq, ordinal, recorded_at, payload";
        const string Values = "x.stream_id, x.seq, x.sub, x.count, x.epoch, $1, x.kind, x.checkpoint_seq, x.base_seq, x.base_sub, x.first_seq, x.ordinal, GREATEST(now(), x.head_at), x.payload";
        string rows = $"""
            SELECT x.*, h.recorded_at AS head_at,
                   h.epoch = x.epoch AND h.owner = $1 AND h.seq + h.count = x.start_seq AND CASE h.count WHEN 0 THEN h.sub + 1 ELSE 0 END = x.start_sub AS follows
            FROM unnest($2::bigint[], $3::bigint[], $4::int[], $5::int[], $6::int[], $7::smallint[], $8::bigint[], $9::bigint[], $10::int[], $11::bigint[], $12::int[], $13::bigint[], $14::int[], $15::int[], $16::bytea[])
                 AS x(stream_id, seq, sub, count, epoch, kind, checkpoint_seq, base_seq, base_sub, first_seq, ordinal, start_seq, start_sub, grp, payload)
            CROSS JOIN LATERAL (SELECT e.seq, e.sub, e.count, e.epoch, e.owner, e.recorded_at FROM {events} e
                                WHERE e.stream_id = x.stream_id ORDER BY e.seq DESC, e.sub DESC LIMIT 1) h
            """;
        _plain = $"INSERT INTO {events} ({Columns}) SELECT {Values} FROM ({rows}) x WHERE x.follows RETURNING stream_id, tx";

        // Of a group all rows follow, or none goes in.
        _grouped = $"""
            INSERT INTO {events} ({Columns}) SELECT {Values}
            FROM (SELECT r.*, bool_and(r.follows) OVER (PARTITION BY CASE r.grp WHEN 0 THEN r.stream_id ELSE -r.grp END) AS all_follow FROM ({rows}) r) x
            WHERE x.all_follow ORDER BY x.stream_id, x.seq, x.sub RETURNING stream_id, tx
            """;
        _examine = $"""
            SELECT x.stream_id, e.tx, e.owner = $1 AND e.epoch = x.epoch
            FROM unnest($2::bigint[], $3::bigint[], $4::int[], $5::int[]) AS x(stream_id, seq, sub, epoch)
            JOIN {events} e ON e.stream_id = x.stream_id AND e.seq = x.seq AND e.sub = x.sub
            """;
    }

    /// <summary>Sends it.</summary>
    /// <returns>The streams whose rows are committed, and by which transaction.</returns>
    public async Task<Dictionary<long, long>> RunAsync(NpgsqlConnection connection, IReadOnlyList<StreamBatch> streams, CancellationToken cancellationToken)
    {
        var rows = new List<(Row Row, StreamBatch Stream)>();
        int ordinal = 0;
        foreach (StreamBatch stream in streams)
        {
            foreach (Row row in stream.Rows)
            {
                row.Ordinal = ordinal;
                ordinal += row.Records;
                rows.Add((row, stream));
            }
        }

        await using var command = new NpgsqlCommand(streams.Any(s => s.Group != 0) ? _grouped : _plain, connection);
        NpgsqlParameterCollection parameters = command.Parameters;
        parameters.Add(new NpgsqlParameter<long> { TypedValue = _owner });
        AddArray(parameters, NpgsqlDbType.Bigint, rows, r => r.Row.Stream.Id);
        AddArray(parameters, NpgsqlDbType.Bigint, rows, r => r.Row.Key.Seq);
        AddArray(parameters, NpgsqlDbType.Integer, rows, r => r.Row.Key.Sub);
        AddArray(parameters, NpgsqlDbType.Integer, rows, r => r.Row.Count);
        AddArray(parameters, NpgsqlDbType.Integer, rows, r => r.Row.Stream.Epoch);
        AddArray(parameters, NpgsqlDbType.Smallint, rows, r => (short)r.Row.Kind);
        AddArray(parameters, NpgsqlDbType.Bigint, rows, r => r.Row.Checkpoint);
        AddArray(parameters, NpgsqlDbType.Bigint, rows, r => r.Row.Base?.Seq);
        AddArray(parameters, NpgsqlDbType.Integer, rows, r => r.Row.Base?.Sub);
        AddArray(parameters, NpgsqlDbType.Bigint, rows, r => r.Row.First);
        AddArray(parameters, NpgsqlDbType.Integer, rows, r => r.Row.Ordinal);
        AddArray(parameters, NpgsqlDbType.Bigint, rows, r => r.Stream.Start.Seq);
        AddArray(parameters, NpgsqlDbType.Integer, rows, r => r.Stream.Start.Sub);
        AddArray(parameters, NpgsqlDbType.Integer, rows, r => r.Stream.Group);
        AddArray(parameters, NpgsqlDbType.Bytea, rows, r => r.Row.Events.Count == 0 ? null : RowPayload.Encode(r.Row.Events));
        return await ReadAsync(command, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks what stands where a stream's first row was to go.</summary>
    /// <returns>For streams where something does: the transaction, if it is this owner's row, and null if it is another's.</returns>
    public async Task<Dictionary<long, long?>> ExamineAsync(NpgsqlConnection connection, IReadOnlyList<StreamBatch> streams, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(_examine, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = _owner });
        AddArray(command.Parameters, NpgsqlDbType.Bigint, streams, s => s.Stream.Id);
        AddArray(command.Parameters, NpgsqlDbType.Bigint, streams, s => s.Start.Seq);
        AddArray(command.Parameters, NpgsqlDbType.Integer, streams, s => s.Start.Sub);
        AddArray(command.Parameters, NpgsqlDbType.Integer, streams, s => s.Stream.Epoch);
        var found = new Dictionary<long, long?>();
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            found[reader.GetInt64(0)] = reader.GetBoolean(2) ? checked((long)reader.GetFieldValue<ulong>(1)) : null;
        return found;
    }

    /// <summary>Reads to the very end: rows arrive before the commit, which may still fail.</summary>
    private static async Task<Dictionary<long, long>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await command.PrepareAsync(cancellationToken).ConfigureAwait(false);
        var committed = new Dictionary<long, long>();
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            committed[reader.GetInt64(0)] = checked((long)reader.GetFieldValue<ulong>(1));
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        return committed;
    }

    private static void AddArray<TRow, TValue>(NpgsqlParameterCollection parameters, NpgsqlDbType type, IReadOnlyList<TRow> rows, Func<TRow, TValue> value)
    {
        var values = new TValue[rows.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = value(rows[i]);
        parameters.Add(new NpgsqlParameter { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type });
    }
}
