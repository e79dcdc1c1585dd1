using System.Globalization;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Upkeep;

/// <summary>
/// Deletes rows that no stream keeps any more, of all processes: whoever gets the schema's lock does it. Only rows that are older
/// than any statement can be: one that began before they were there could take their places again.
/// </summary>
internal sealed class Trimmer : IAsyncDisposable
{
    private const int MostStreams = 1000;

    private readonly PostgresLogStoreOptions _options;
    private readonly TrimList _list;
    private readonly string _note;
    private readonly string _delete;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _running;

    public Trimmer(PostgresLogStoreOptions options, TrimList list)
    {
        _options = options;
        _list = list;
        string schema = Migrations.Quote(options.Schema);
        string state = ((short)RowKind.State).ToString(CultureInfo.InvariantCulture);
        string tombstone = ((short)RowKind.Tombstone).ToString(CultureInfo.InvariantCulture);
        _note = $"""
            INSERT INTO {schema}.trim AS t (stream_id, before_seq, since) SELECT x.id, x.seq, now() FROM unnest($1::bigint[], $2::bigint[]) AS x(id, seq) ORDER BY x.id
            ON CONFLICT (stream_id) DO UPDATE SET before_seq = GREATEST(t.before_seq, EXCLUDED.before_seq)
            """;

        // The last row of a deleted stream may be all that tells its end, where its name was not freed; afterwards nobody could free it.
        // A state that stands right before what is kept may be what a reader of the past begins with.
        // The last row of a stream stays whatever it is, or the next one could not be told to follow it; a deleted stream's goes too.
        _delete = $"""
            WITH due AS (
              SELECT stream_id, before_seq FROM {schema}.trim WHERE since < now() - $1 ORDER BY since LIMIT {MostStreams} FOR UPDATE SKIP LOCKED),
            released AS (
              UPDATE {schema}.stream s SET deleted_at = now(), last_epoch = h.epoch FROM due d
              CROSS JOIN LATERAL (SELECT e.kind, e.epoch FROM {schema}.event e WHERE e.stream_id = d.stream_id ORDER BY e.seq DESC, e.sub DESC LIMIT 1) h
              WHERE d.before_seq = {long.MaxValue} AND s.id = d.stream_id AND s.deleted_at IS NULL AND h.kind = {tombstone}),
            gone AS (
              DELETE FROM {schema}.event e USING due d
              WHERE e.stream_id = d.stream_id AND e.recorded_at < now() - $1
                AND (d.before_seq = {long.MaxValue}
                     OR (e.seq + e.count <= d.before_seq AND e.seq < d.before_seq AND NOT (e.kind = {state} AND e.seq = d.before_seq - 1))
                     AND EXISTS (SELECT FROM {schema}.event l WHERE l.stream_id = e.stream_id AND (l.seq, l.sub) > (e.seq, e.sub)))
              RETURNING 1),
            young AS (
              SELECT d.stream_id FROM due d
              WHERE EXISTS (SELECT FROM {schema}.event e WHERE e.stream_id = d.stream_id AND e.seq < d.before_seq AND e.recorded_at >= now() - $1)),
            later AS (UPDATE {schema}.trim t SET since = now() FROM young y WHERE t.stream_id = y.stream_id),
            done AS (DELETE FROM {schema}.trim t USING due d WHERE t.stream_id = d.stream_id AND NOT EXISTS (SELECT FROM young y WHERE y.stream_id = d.stream_id) RETURNING 1)
            SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM due)
            """;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Writes down what was dropped, and deletes what is due.</summary>
    /// <returns>How many rows were deleted.</returns>
    public async Task<long> StepAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _options.DataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await NoteAsync(connection, cancellationToken).ConfigureAwait(false);
        await using NpgsqlCommand tryLock = LockCommand("pg_try_advisory_lock", connection);
        if (await tryLock.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not true)
            return 0;
        try
        {
            long rows = 0;
            while (true)
            {
                await using var delete = new NpgsqlCommand(_delete, connection) { Parameters = { new NpgsqlParameter { Value = _options.TrimAfter, NpgsqlDbType = NpgsqlDbType.Interval } } };
                await using NpgsqlDataReader reader = await delete.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                rows += reader.GetInt64(0);
                if (reader.GetInt64(1) < MostStreams)
                    return rows;
            }
        }
        finally
        {
            await using NpgsqlCommand unlock = LockCommand("pg_advisory_unlock", connection);
            await unlock.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Writes down what was dropped, so that another process may delete it, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        try
        {
            await using NpgsqlConnection connection = await _options.DataSource.OpenConnectionAsync().ConfigureAwait(false);
            await NoteAsync(connection, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
        {
            // It costs room until the stream drops something again.
        }

        _closing.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_closing.IsCancellationRequested)
        {
            await Task.Delay(_options.TrimPeriod, _options.Time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_closing.IsCancellationRequested)
                return;
            try
            {
                await StepAsync(_closing.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or OperationCanceledException)
            {
                // Tried again next time.
            }
        }
    }

    /// <summary>Each schema has a lock of its own.</summary>
    private NpgsqlCommand LockCommand(string function, NpgsqlConnection connection)
        => new($"SELECT {function}(hashtextextended($1, $2))", connection) { Parameters = { new() { Value = _options.Schema }, new NpgsqlParameter<long> { TypedValue = AdvisoryLocks.Trim } } };

    private async Task NoteAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        Dictionary<long, long> taken = _list.Take();
        if (taken.Count == 0)
            return;
        try
        {
            await using var note = new NpgsqlCommand(_note, connection);
            note.Parameters.Add(new NpgsqlParameter { Value = taken.Keys.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
            note.Parameters.Add(new NpgsqlParameter { Value = taken.Values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
            await note.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            foreach ((long stream, long before) in taken)
                _list.Add(stream, before);
            throw;
        }
    }
}
