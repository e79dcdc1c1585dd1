using System.Data;
using System.Globalization;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Upkeep;

/// <summary>
/// Deletes rows that no stream keeps any more, for all processes: the one that gets the schema's lock does it. It deletes only rows that are
/// older than any running statement, because a statement that began before they were inserted could insert at their positions again.
/// </summary>
internal sealed class Trimmer : IAsyncDisposable
{
    private const int MostStreams = 1000;

    private readonly PostgresLogStoreOptions _options;
    private readonly long _owner;
    private readonly TrimList _list;
    private readonly LeftFences _left;
    private readonly string _note;
    private readonly string _delete;
    private readonly string _noteFences;
    private readonly string _deleteFences;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _running;

    public Trimmer(PostgresLogStoreOptions options, long owner, TrimList list)
    {
        _options = options;
        _owner = owner;
        _list = list;
        _left = new LeftFences(options);
        string schema = Migrations.Quote(options.Schema);
        string state = ((short)RowKind.State).ToString(CultureInfo.InvariantCulture);
        string tombstone = ((short)RowKind.Tombstone).ToString(CultureInfo.InvariantCulture);
        _note = $"""
            INSERT INTO {schema}.trim AS t (stream_id, before_seq, since) SELECT x.id, x.seq, now() FROM unnest($1::bigint[], $2::bigint[]) AS x(id, seq) ORDER BY x.id
            ON CONFLICT (stream_id) DO UPDATE SET before_seq = GREATEST(t.before_seq, EXCLUDED.before_seq)
            """;

        // A note may be wrong: a failover may have lost the row that dropped events, and another owner may have appended since. So the
        // stream's last row decides what is deleted.
        // A deleted stream is deleted with its last row. Its last epoch is kept, because a new stream with its name needs a greater one.
        // If its name was not freed, this statement frees it, because without the tombstone the deletion could not be recognized.
        // For a day after an upgrade the name of a deleted stream stays, because a silo of an older release that is still running takes the
        // epoch of a new stream from it, and does not know the store's epoch_floor.
        // The state record right before the first event that a stream keeps stays, because a reader of the past may begin with it.
        // The last row of a stream always stays, because appends compare with it. Only that of a deleted stream is deleted too.
        _delete = $"""
            WITH due AS (
              SELECT stream_id, before_seq FROM {schema}.trim WHERE since < now() - $1 ORDER BY since LIMIT {MostStreams} FOR UPDATE SKIP LOCKED),
            looked AS (
              SELECT d.stream_id, h.kind, h.epoch,
                     CASE WHEN d.before_seq < {long.MaxValue} THEN LEAST(d.before_seq, h.first_seq)
                          WHEN h.kind = {tombstone} OR s.deleted_at IS NOT NULL THEN d.before_seq END AS before_seq
              FROM due d LEFT JOIN {schema}.stream s ON s.id = d.stream_id
              LEFT JOIN LATERAL (SELECT e.kind, e.epoch, e.first_seq FROM {schema}.event e WHERE e.stream_id = d.stream_id ORDER BY e.seq DESC, e.sub DESC LIMIT 1) h ON true),
            released AS (
              UPDATE {schema}.stream s SET deleted_at = now(), last_epoch = d.epoch FROM looked d
              WHERE d.before_seq = {long.MaxValue} AND s.id = d.stream_id AND s.deleted_at IS NULL AND d.kind = {tombstone}
              RETURNING s.id AS stream_id),
            gone AS (
              DELETE FROM {schema}.event e USING looked d
              WHERE e.stream_id = d.stream_id AND e.recorded_at < now() - $1
                AND (d.before_seq = {long.MaxValue}
                     OR (e.seq + e.count <= d.before_seq AND e.seq < d.before_seq AND NOT (e.kind = {state} AND e.seq = d.before_seq - 1))
                     AND EXISTS (SELECT FROM {schema}.event l WHERE l.stream_id = e.stream_id AND (l.seq, l.sub) > (e.seq, e.sub)))
              RETURNING 1),
            young AS (
              SELECT d.stream_id FROM looked d
              WHERE EXISTS (SELECT FROM {schema}.event e WHERE e.stream_id = d.stream_id AND e.seq < d.before_seq AND e.recorded_at >= now() - $1)),
            again AS (SELECT stream_id FROM young UNION SELECT stream_id FROM released UNION
                      SELECT stream_id FROM looked WHERE before_seq = {long.MaxValue} AND EXISTS (
                        SELECT FROM {schema}.migration f, {schema}.migration m
                        WHERE f.version = 1 AND m.version = 3 AND m.applied_at > f.applied_at AND m.applied_at > now() - interval '1 day')),
            later AS (UPDATE {schema}.trim t SET since = now() FROM again a WHERE t.stream_id = a.stream_id),
            done AS (DELETE FROM {schema}.trim t USING due d WHERE t.stream_id = d.stream_id AND NOT EXISTS (SELECT FROM again a WHERE a.stream_id = d.stream_id) RETURNING t.stream_id),
            forgotten AS (
              DELETE FROM {schema}.stream s USING done n, looked d WHERE d.stream_id = n.stream_id AND d.before_seq = {long.MaxValue} AND s.id = d.stream_id AND s.deleted_at IS NOT NULL RETURNING s.last_epoch),
            floor AS (UPDATE {schema}.store SET epoch_floor = GREATEST(epoch_floor, (SELECT max(last_epoch) FROM forgotten)) WHERE EXISTS (SELECT FROM forgotten))
            SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM due)
            """;
        _noteFences = $"""
            INSERT INTO {schema}.spent_fence (stream_id, seq, sub, owner) SELECT x.id, x.seq, x.sub, $4 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS x(id, seq, sub)
            ORDER BY x.id, x.seq, x.sub ON CONFLICT DO NOTHING
            """;

        // A stream whose last row is a noted fence has no events, and its owner has closed it. It is deleted by a tombstone. A concurrent
        // opening inserts its fence at the same position, and the primary key accepts one of the two.
        string fence = ((short)RowKind.Fence).ToString(CultureInfo.InvariantCulture);
        _deleteFences = $"""
            WITH due AS (
              SELECT * FROM {schema}.spent_fence WHERE since < now() - $1 ORDER BY since LIMIT {MostStreams} FOR UPDATE SKIP LOCKED),
            found AS (
              SELECT f.*, d.owner AS noted_by, EXISTS (SELECT FROM {schema}.event l WHERE l.stream_id = f.stream_id AND (l.seq, l.sub) > (f.seq, f.sub)) AS is_spent
              FROM due d JOIN {schema}.event f ON f.stream_id = d.stream_id AND f.seq = d.seq AND f.sub = d.sub WHERE f.kind = {fence}),
            gone AS (
              DELETE FROM {schema}.event e USING found f WHERE f.is_spent AND e.stream_id = f.stream_id AND e.seq = f.seq AND e.sub = f.sub RETURNING 1),
            ended AS (
              INSERT INTO {schema}.event (stream_id, seq, sub, count, epoch, owner, kind, first_seq, ordinal, recorded_at)
              SELECT stream_id, seq, sub + 1, 0, epoch, owner, {tombstone}, 1, row_number() OVER (ORDER BY stream_id) - 1, GREATEST(now(), recorded_at) FROM found
              WHERE NOT is_spent AND owner = noted_by AND seq = 1 AND base_seq IS NULL AND checkpoint_seq IS NULL ORDER BY stream_id
              ON CONFLICT DO NOTHING RETURNING stream_id, epoch),
            released AS (UPDATE {schema}.stream s SET deleted_at = now(), last_epoch = e.epoch FROM ended e WHERE s.id = e.stream_id AND s.deleted_at IS NULL),
            trimmed AS (
              INSERT INTO {schema}.trim (stream_id, before_seq) SELECT stream_id, {long.MaxValue} FROM ended
              ON CONFLICT (stream_id) DO UPDATE SET before_seq = EXCLUDED.before_seq),
            done AS (DELETE FROM {schema}.spent_fence s USING due d WHERE s.stream_id = d.stream_id AND s.seq = d.seq AND s.sub = d.sub)
            SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM due)
            """;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Notes in the database what streams have dropped, and deletes the rows that are due.</summary>
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
            await _left.NoteAsync(connection, cancellationToken).ConfigureAwait(false);

            // Deleting fences inserts tombstones: no statement that inserts may run for longer than 30 seconds. Deleting alone may: one stream
            // can have millions of rows.
            long fences = await DeleteAsync(connection, _deleteFences, timeoutSeconds: 30, cancellationToken).ConfigureAwait(false);
            return fences + await DeleteAsync(connection, _delete, timeoutSeconds: 0, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // A broken connection has lost the lock with its session.
            if (connection.FullState == ConnectionState.Open)
            {
                await using NpgsqlCommand unlock = LockCommand("pg_advisory_unlock", connection);
                await unlock.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Notes in the database what streams have dropped, so that another process may delete it, and ends.</summary>
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
            // The rows take room until the stream drops something again.
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
            catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or OperationCanceledException or InvalidOperationException)
            {
                // Tried again next time.
            }
        }
    }

    /// <summary>Deletes the rows that are due, with a limited number of notes per statement.</summary>
    private async Task<long> DeleteAsync(NpgsqlConnection connection, string statement, int timeoutSeconds, CancellationToken cancellationToken)
    {
        long rows = 0;
        while (true)
        {
            await using var delete = new NpgsqlCommand(statement, connection) { CommandTimeout = timeoutSeconds };
            delete.Parameters.Add(new NpgsqlParameter { Value = _options.TrimAfter, NpgsqlDbType = NpgsqlDbType.Interval });
            await using NpgsqlDataReader reader = await delete.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            rows += reader.GetInt64(0);
            if (reader.GetInt64(1) < MostStreams)
                return rows;
        }
    }

    private static async Task NoteAsync(NpgsqlConnection connection, string statement, long? owner, CancellationToken cancellationToken, params long[][] columns)
    {
        await using var note = new NpgsqlCommand(statement, connection);
        foreach (long[] column in columns)
            note.Parameters.Add(new NpgsqlParameter { Value = column, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        if (owner is { } number)
            note.Parameters.Add(new NpgsqlParameter<long> { TypedValue = number });
        await note.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static long[] Longs(IEnumerable<long> values) => [.. values];

    /// <summary>Each schema has a lock of its own.</summary>
    private NpgsqlCommand LockCommand(string function, NpgsqlConnection connection)
        => new($"SELECT {function}(hashtextextended($1, $2))", connection) { Parameters = { new() { Value = _options.Schema }, new NpgsqlParameter<long> { TypedValue = AdvisoryLocks.Trim } } };

    private async Task NoteAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        (Dictionary<long, long> before, HashSet<(long Stream, RowKey Fence)> fences) = _list.Take();
        try
        {
            if (before.Count > 0)
                await NoteAsync(connection, _note, null, cancellationToken, Longs(before.Keys), Longs(before.Values)).ConfigureAwait(false);
            before.Clear();
            if (fences.Count > 0)
                await NoteAsync(connection, _noteFences, _owner, cancellationToken, Longs(fences.Select(f => f.Stream)), Longs(fences.Select(f => f.Fence.Seq)), Longs(fences.Select(f => (long)f.Fence.Sub))).ConfigureAwait(false);
        }
        catch
        {
            foreach ((long stream, long seq) in before)
                _list.Add(stream, seq);
            foreach ((long stream, RowKey fence) in fences)
                _list.AddFence(stream, fence);
            throw;
        }
    }
}
