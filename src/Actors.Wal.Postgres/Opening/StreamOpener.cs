using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Servers;
using Actors.Wal.Postgres.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Opening;

/// <summary>
/// Opens streams: it inserts a fence behind the last row of each. Openings that are requested during one statement share the next. If an
/// append wants the same position, the first to commit has it: the fence is tried again behind the append, or the append is rejected.
/// </summary>
internal sealed class StreamOpener : IAsyncDisposable
{
    private const int MostAtOnce = 512;

    // A round in which other owners were faster is usual. So many rounds in a row without an opened stream have another cause.
    private const int MostIdle = 8;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly PostgresLogStoreOptions _options;
    private readonly long _owner;
    private readonly string _release;
    private readonly string _create;
    private readonly string _fence;
    private readonly Session _session;
    private readonly Channel<Opening> _wanted = Channel.CreateUnbounded<Opening>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _running;

    public StreamOpener(PostgresLogStoreOptions options, long owner, Session session)
    {
        _options = options;
        _owner = owner;
        _session = session;
        string schema = Migrations.Quote(options.Schema);
        const string Columns = "stream_id, seq, sub, count, epoch, owner, kind, checkpoint_seq, base_seq, base_sub, first_seq, ordinal, recorded_at";
        string fence = ((short)RowKind.Fence).ToString(CultureInfo.InvariantCulture);
        string tombstone = ((short)RowKind.Tombstone).ToString(CultureInfo.InvariantCulture);
        string based = string.Create(CultureInfo.InvariantCulture, $"h.kind IN ({(short)RowKind.State}, {(short)RowKind.Checkpoint})");

        // The process that deleted a stream may have ended before it freed the name.
        _release = $"""
            UPDATE {schema}.stream s SET deleted_at = now(), last_epoch = h.epoch
            FROM {schema}.stream d
            CROSS JOIN LATERAL (SELECT e.kind, e.epoch FROM {schema}.event e WHERE e.stream_id = d.id ORDER BY e.seq DESC, e.sub DESC LIMIT 1) h
            WHERE d.name = ANY($1::bytea[]) AND d.deleted_at IS NULL AND h.kind = {tombstone} AND s.id = d.id AND s.deleted_at IS NULL
            """;

        // One statement inserts a stream and its first fence, so the store that creates a stream owns it.
        _create = $"""
            WITH created AS (
              INSERT INTO {schema}.stream (name)
              SELECT n FROM unnest($2::bytea[]) n WHERE NOT EXISTS (SELECT FROM {schema}.stream s WHERE s.name = n AND s.deleted_at IS NULL)
              ORDER BY n ON CONFLICT (name) WHERE deleted_at IS NULL DO NOTHING RETURNING id, name),
            started AS (
              SELECT c.id, c.name, 1 + GREATEST((SELECT max(d.last_epoch) FROM {schema}.stream d WHERE d.name = c.name AND d.deleted_at IS NOT NULL),
                                                (SELECT epoch_floor FROM {schema}.store WHERE is_only)) AS epoch
              FROM created c),
            fenced AS (
              INSERT INTO {schema}.event ({Columns})
              SELECT id, 1, 0, 0, epoch, $1, {fence}, NULL, NULL, NULL, 1, row_number() OVER (ORDER BY id) - 1, now() FROM started)
            SELECT name, id, 1::bigint, 0, epoch, 1::bigint, NULL::bigint, NULL::bigint, NULL::int FROM started
            """;
        _fence = $"""
            WITH fenced AS (
              INSERT INTO {schema}.event ({Columns})
              SELECT s.id, h.seq + h.count, CASE h.count WHEN 0 THEN h.sub + 1 ELSE 0 END, 0, h.epoch + 1, $1, {fence}, h.checkpoint_seq,
                     CASE WHEN {based} THEN h.seq ELSE h.base_seq END, CASE WHEN {based} THEN h.sub ELSE h.base_sub END,
                     h.first_seq, row_number() OVER (ORDER BY s.id) - 1, GREATEST(now(), h.recorded_at)
              FROM {schema}.stream s
              CROSS JOIN LATERAL (SELECT * FROM {schema}.event e WHERE e.stream_id = s.id ORDER BY e.seq DESC, e.sub DESC LIMIT 1) h
              WHERE s.name = ANY($2::bytea[]) AND s.deleted_at IS NULL AND h.kind <> {tombstone}
              ORDER BY s.id ON CONFLICT (stream_id, seq, sub) DO NOTHING
              RETURNING stream_id, seq, sub, epoch, first_seq, checkpoint_seq, base_seq, base_sub)
            SELECT s.name, f.stream_id, f.seq, f.sub, f.epoch, f.first_seq, f.checkpoint_seq, f.base_seq, f.base_sub
            FROM fenced f JOIN {schema}.stream s ON s.id = f.stream_id
            """;
        _running = Task.Run(RunAsync);
    }

    public async Task<OwnedStream> OpenAsync(LogStreamId id)
    {
        var opening = new Opening(id);
        ObjectDisposedException.ThrowIf(!_wanted.Writer.TryWrite(opening), typeof(PostgresLogStore));
        return await opening.Stream.Task.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _wanted.Writer.TryComplete();
        await _running.ConfigureAwait(false);
        await _session.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        while (await _wanted.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            // Two openings of one stream are done one after the other.
            var batch = new Dictionary<string, Opening>(StringComparer.Ordinal);
            var later = new List<Opening>();
            while (batch.Count < MostAtOnce && _wanted.Reader.TryRead(out Opening? opening))
            {
                if (!batch.TryAdd(opening.Id.Value, opening))
                    later.Add(opening);
            }

            await OpenAllAsync(batch).ConfigureAwait(false);
            foreach (Opening opening in later)
                await OpenAllAsync(new Dictionary<string, Opening>(StringComparer.Ordinal) { [opening.Id.Value] = opening }).ConfigureAwait(false);
        }
    }

    private async Task OpenAllAsync(Dictionary<string, Opening> wanted)
    {
        long begun = _options.Time.GetTimestamp();
        bool create = false;
        int idle = 0;
        while (wanted.Count > 0)
        {
            try
            {
                int before = wanted.Count;
                NpgsqlConnection connection = await _session.ConnectAsync(CancellationToken.None).ConfigureAwait(false);
                if (create)
                    await ReleaseAsync(connection, wanted.Keys).ConfigureAwait(false);
                await RunAsync(connection, create ? _create : _fence, wanted).ConfigureAwait(false);

                // The rounds alternate: one fences, the next creates. So streams that another process has just opened or deleted are tried again.
                create = !create;
                idle = wanted.Count < before ? 0 : idle + 1;
                if (idle > MostIdle && await IsLostAsync(wanted.Values, begun).ConfigureAwait(false))
                    return;
            }
            catch (Exception e)
            {
                ErrorMeaning meaning = ServerErrors.MeaningOf(e);
                if (meaning == ErrorMeaning.InDoubt)
                    await _session.DropAsync().ConfigureAwait(false);
                if (meaning != ErrorMeaning.Refused && _options.Time.GetElapsedTime(begun) + Pause <= _options.Patience)
                {
                    await Task.Delay(Pause, _options.Time).ConfigureAwait(false);
                    continue;
                }

                foreach (Opening opening in wanted.Values)
                    opening.Stream.TrySetException(new StoreUnreachableException($"Stream '{opening.Id}' could not be opened: {ServerErrors.Explain(e)}", e));
                return;
            }
        }
    }

    /// <summary>Pauses, or after <see cref="PostgresLogStoreOptions.Patience"/> fails the openings, whose streams exist without a last row.</summary>
    private async Task<bool> IsLostAsync(IEnumerable<Opening> wanted, long begun)
    {
        if (_options.Time.GetElapsedTime(begun) + Pause <= _options.Patience)
        {
            await Task.Delay(Pause, _options.Time).ConfigureAwait(false);
            return false;
        }

        foreach (Opening opening in wanted)
            opening.Stream.TrySetException(new LogCorruptException($"Stream '{opening.Id}' is there, and its last row, which says where it stands, is not.", "event", 0));
        return true;
    }

    /// <summary>Frees the names of streams that are deleted.</summary>
    public async Task ReleaseAsync(NpgsqlConnection connection, IEnumerable<string> names)
    {
        await using var command = new NpgsqlCommand(_release, connection);
        command.Parameters.Add(new NpgsqlParameter { Value = names.Select(Encoding.UTF8.GetBytes).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    private async Task RunAsync(NpgsqlConnection connection, string statement, Dictionary<string, Opening> wanted)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = _owner });
        command.Parameters.Add(new NpgsqlParameter { Value = wanted.Keys.Select(Encoding.UTF8.GetBytes).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
        await command.PrepareAsync().ConfigureAwait(false);
        var opened = new List<(Opening Opening, OwnedStream Stream)>();
        await using (NpgsqlDataReader reader = await command.ExecuteReaderAsync().ConfigureAwait(false))
        {
            while (await reader.ReadAsync().ConfigureAwait(false))
            {
                Opening opening = wanted[Encoding.UTF8.GetString(reader.GetFieldValue<byte[]>(0))];
                RowKey? based = reader.IsDBNull(7) ? null : new RowKey(reader.GetInt64(7), reader.GetInt32(8));
                var fence = new RowKey(reader.GetInt64(2), reader.GetInt32(3));
                var tail = new StreamTail(fence.Seq, fence.Sub + 1, fence, reader.GetInt64(5), reader.IsDBNull(6) ? null : reader.GetInt64(6), based);
                opened.Add((opening, new OwnedStream(reader.GetInt64(1), opening.Id, reader.GetInt32(4), tail)));
            }

            // The rows arrive before the commit, which may still fail.
            await reader.NextResultAsync().ConfigureAwait(false);
        }

        // A failover could lose a fence that the synchronous standbys don't have, and its epoch would be given to another owner.
        if (_session.TakeUnconfirmed())
            await _session.ConfirmAsync(CancellationToken.None).ConfigureAwait(false);

        foreach ((Opening opening, OwnedStream stream) in opened)
        {
            wanted.Remove(opening.Id.Value);
            opening.Stream.TrySetResult(stream);
        }
    }

    private sealed record Opening(LogStreamId Id)
    {
        public TaskCompletionSource<OwnedStream> Stream { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
