using System.Runtime.CompilerServices;
using System.Text;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Servers;
using Actors.Wal.Postgres.Streams;
using Npgsql;

namespace Actors.Wal.Postgres.Reading;

/// <summary>Reads a stream's rows, a page at a time, so that no connection is held while a reader is slow.</summary>
internal sealed class StreamRows
{
    private const int PageRows = 256;
    private const string Columns = "seq, sub, count, epoch, kind, tx, ordinal, recorded_at, payload, checkpoint_seq, base_seq, base_sub, first_seq";

    private readonly PostgresLogStoreOptions _options;
    private readonly string _events;
    private readonly string _find;

    public StreamRows(PostgresLogStoreOptions options)
    {
        _options = options;
        string schema = options.Schema;
        _events = Migrations.Quote(schema) + ".event";
        _find = $"""
            SELECT s.id, h.* FROM {Migrations.Quote(schema)}.stream s
            CROSS JOIN LATERAL (SELECT {Columns} FROM {_events} e WHERE e.stream_id = s.id ORDER BY e.seq DESC, e.sub DESC LIMIT 1) h
            WHERE s.name = $1 AND s.deleted_at IS NULL
            """;
    }

    /// <summary>Returns the number and the last row of a stream, by its name; null if there is none.</summary>
    public async Task<(long Stream, StoredRow Row)?> HeadAsync(LogStreamId id, CancellationToken cancellationToken)
        => await PageAsync(_find, static reader => (reader.GetInt64(0), StoredRow.Read(reader, 1)), [Encoding.UTF8.GetBytes(id.Value)], cancellationToken).ConfigureAwait(false) is [var head] ? head : null;

    /// <summary>Returns the last row of a stream; null if there is none.</summary>
    public Task<StoredRow?> HeadAsync(long stream, CancellationToken cancellationToken)
        => OneAsync($"SELECT {Columns} FROM {_events} WHERE stream_id = $1 ORDER BY seq DESC, sub DESC LIMIT 1", cancellationToken, stream);

    public Task<StoredRow?> AtAsync(long stream, RowKey key, CancellationToken cancellationToken)
        => OneAsync($"SELECT {Columns} FROM {_events} WHERE stream_id = $1 AND seq = $2 AND sub = $3", cancellationToken, stream, key.Seq, key.Sub);

    /// <summary>Returns the sequence of the last event at or before a time; 0 if there is none.</summary>
    public async Task<long> LastAtAsync(long stream, DateTimeOffset time, CancellationToken cancellationToken)
        => await OneAsync($"SELECT {Columns} FROM {_events} WHERE stream_id = $1 AND count > 0 AND recorded_at <= $2 ORDER BY seq DESC, sub DESC LIMIT 1", cancellationToken, stream, time.UtcDateTime).ConfigureAwait(false) is { } row
            ? row.Key.Seq + row.Count - 1
            : 0;

    /// <summary>Reads the rows with the events from one sequence to another, in descending order if the first is the greater.</summary>
    public async IAsyncEnumerable<StoredRow> EventsAsync(long stream, long from, long to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool forward = from <= to;
        string start = $"(SELECT e.seq FROM {_events} e WHERE e.stream_id = $1 AND e.seq <= $2 AND e.count > 0 ORDER BY e.seq DESC, e.sub DESC LIMIT 1)";
        string first = forward
            ? $"SELECT {Columns} FROM {_events} WHERE stream_id = $1 AND count > 0 AND seq >= COALESCE({start}, $2) AND seq <= $3 ORDER BY seq, sub LIMIT {PageRows}"
            : $"SELECT {Columns} FROM {_events} WHERE stream_id = $1 AND count > 0 AND seq <= $2 AND seq + count > $3 ORDER BY seq DESC, sub DESC LIMIT {PageRows}";
        List<StoredRow> page = await PageAsync(first, cancellationToken, stream, from, to).ConfigureAwait(false);
        while (true)
        {
            foreach (StoredRow row in page)
                yield return row;
            if (page.Count < PageRows)
                yield break;
            long next = forward ? page[^1].Key.Seq + page[^1].Count : page[^1].Key.Seq - 1;
            if (forward ? next > to : next < to)
                yield break;
            page = await PageAsync(first, cancellationToken, stream, next, to).ConfigureAwait(false);
        }
    }

    private async Task<StoredRow?> OneAsync(string sql, CancellationToken cancellationToken, params object[] values)
        => await PageAsync(sql, cancellationToken, values).ConfigureAwait(false) is [var row] ? row : null;

    private Task<List<StoredRow>> PageAsync(string sql, CancellationToken cancellationToken, params object[] values)
        => PageAsync(sql, static reader => StoredRow.Read(reader, 0), values, cancellationToken);

    private Task<List<T>> PageAsync<T>(string sql, Func<NpgsqlDataReader, T> readRow, object[] values, CancellationToken cancellationToken)
        => ServerReads.DoAsync(
            _options,
            async () =>
            {
                await using NpgsqlCommand command = _options.DataSource.CreateCommand(sql);
                foreach (object value in values)
                    command.Parameters.Add(new NpgsqlParameter { Value = value });
                var rows = new List<T>();
                await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    rows.Add(readRow(reader));
                return rows;
            },
            cancellationToken);
}
