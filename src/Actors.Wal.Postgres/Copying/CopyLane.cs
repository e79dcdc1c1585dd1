using System.Globalization;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Copying;

/// <summary>Sends the batches of some streams, one after the other, each in its own transaction, while the next one is filled.</summary>
internal sealed class CopyLane : IAsyncDisposable
{
    private const int MostWaiting = 2;

    // On a slow disk, a batch may wait for a checkpoint of the server.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private readonly NpgsqlDataSource _source;
    private readonly CopyTables _tables;
    private readonly long _owner;
    private readonly TimeProvider _time;
    private readonly string _create;
    private readonly string _copy;
    private readonly Channel<CopyBatch> _batches = Channel.CreateBounded<CopyBatch>(MostWaiting);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private CopyBatch _filling = new();

    public CopyLane(PostgresLogStoreOptions options, CopyTables tables, long owner)
    {
        _source = options.DataSource;
        _time = options.Time;
        _tables = tables;
        _owner = owner;
        string quoted = Migrations.Quote(options.Schema);
        _create = $"INSERT INTO {quoted}.stream (name) SELECT n FROM unnest($1::bytea[]) n ORDER BY n RETURNING id, name";
        _copy = $"COPY {quoted}.event (stream_id, seq, sub, count, epoch, owner, kind, checkpoint_seq, base_seq, base_sub, first_seq, ordinal, recorded_at, payload) FROM STDIN (FORMAT binary)";
        _running = Task.Run(RunAsync);
    }

    /// <summary>The batch that is being filled.</summary>
    public CopyBatch Filling => _filling;

    /// <summary>Sends the batch that is being filled, if it is full or the last one.</summary>
    public async ValueTask SendAsync(bool isLast, CancellationToken cancellationToken)
    {
        if (_filling.Rows.Count == 0 || !(isLast || _filling.IsFull))
            return;
        CopyBatch batch = _filling;
        _filling = new CopyBatch();
        while (!_batches.Writer.TryWrite(batch))
        {
            if (_running.IsCompleted || !await _batches.Writer.WaitToWriteAsync(cancellationToken).ConfigureAwait(false))
            {
                await _running.ConfigureAwait(false); // throws the error
                throw new ObjectDisposedException(nameof(CopyLane));
            }
        }
    }

    /// <summary>Waits until all batches are committed.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        await SendAsync(isLast: true, cancellationToken).ConfigureAwait(false);
        _batches.Writer.TryComplete();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for a few seconds until the batches are committed, so that the next run need not copy them again.</summary>
    public async ValueTask DisposeAsync()
    {
        _batches.Writer.TryComplete();
        await ((Task)_running.WaitAsync(StopPatience, _time)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await using NpgsqlConnection connection = await _source.OpenConnectionAsync(_stop.Token).ConfigureAwait(false);
            await foreach (CopyBatch batch in _batches.Reader.ReadAllAsync(_stop.Token).ConfigureAwait(false))
                await CommitAsync(connection, batch).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw Failed(new IOException("Another program writes to the target: rows that were to be copied are there already. Stop what uses the schema, and run the copy again.", e));
        }
        catch (NpgsqlException e)
        {
            throw Failed(new IOException($"The server did not take rows of the copy: {e.Message} Run the copy again when it does.", e));
        }
        catch (Exception e)
        {
            throw Failed(e);
        }
    }

    private Exception Failed(Exception error)
    {
        // A caller that waits for room gets the error.
        _batches.Writer.TryComplete(error);
        return error;
    }

    private async Task CommitAsync(NpgsqlConnection connection, CopyBatch batch)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(_stop.Token).ConfigureAwait(false);
        await using (var hold = new NpgsqlCommand(_tables.HoldStatement, connection))
            await hold.ExecuteNonQueryAsync(_stop.Token).ConfigureAwait(false);
        if (batch.New.Count > 0)
            await CreateAsync(connection, batch.New).ConfigureAwait(false);
        await CopyAsync(connection, batch.Rows).ConfigureAwait(false);
        await transaction.CommitAsync(_stop.Token).ConfigureAwait(false);
    }

    private async Task CreateAsync(NpgsqlConnection connection, List<CopiedStream> streams)
    {
        Dictionary<LogStreamId, CopiedStream> byName = streams.ToDictionary(s => s.Name);
        await using var command = new NpgsqlCommand(_create, connection);
        command.Parameters.Add(new NpgsqlParameter { Value = streams.Select(s => s.Name.ToBytes()).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(_stop.Token).ConfigureAwait(false);
        while (await reader.ReadAsync(_stop.Token).ConfigureAwait(false))
            byName[LogStreamId.FromBytes(reader.GetFieldValue<byte[]>(1))!.Value].Id = reader.GetInt64(0);
    }

    private async Task CopyAsync(NpgsqlConnection connection, List<CopyRow> rows)
    {
        await using NpgsqlBinaryImporter importer = await connection.BeginBinaryImportAsync(_copy, _stop.Token).ConfigureAwait(false);
        importer.Timeout = Patience;
        int ordinal = 0;
        foreach (CopyRow row in rows)
        {
            await importer.StartRowAsync(_stop.Token).ConfigureAwait(false);
            await importer.WriteAsync(row.Stream.Id, NpgsqlDbType.Bigint, _stop.Token).ConfigureAwait(false);
            await importer.WriteAsync(row.Key.Seq, NpgsqlDbType.Bigint, _stop.Token).ConfigureAwait(false);
            await importer.WriteAsync(row.Key.Sub, NpgsqlDbType.Integer, _stop.Token).ConfigureAwait(false);
            await importer.WriteAsync(row.Count, NpgsqlDbType.Integer, _stop.Token).ConfigureAwait(false);
            await importer.WriteAsync(PostgresCopyTarget.FirstEpoch, NpgsqlDbType.Integer, _stop.Token).ConfigureAwait(false);
            await importer.WriteAsync(_owner, NpgsqlDbType.Bigint, _stop.Token).ConfigureAwait(false);
            await importer.WriteAsync((short)row.Kind, NpgsqlDbType.Smallint, _stop.Token).ConfigureAwait(false);
            await WriteAsync(importer, row.Checkpoint, NpgsqlDbType.Bigint).ConfigureAwait(false);
            await WriteAsync(importer, row.Base?.Seq, NpgsqlDbType.Bigint).ConfigureAwait(false);
            await WriteAsync(importer, row.Base?.Sub, NpgsqlDbType.Integer).ConfigureAwait(false);
            await importer.WriteAsync(row.First, NpgsqlDbType.Bigint, _stop.Token).ConfigureAwait(false);
            await importer.WriteAsync(ordinal, NpgsqlDbType.Integer, _stop.Token).ConfigureAwait(false);
            await importer.WriteAsync(row.Time.UtcDateTime, NpgsqlDbType.TimestampTz, _stop.Token).ConfigureAwait(false);
            if (row.Events.Count == 0)
                await importer.WriteNullAsync(_stop.Token).ConfigureAwait(false);
            else
                await importer.WriteAsync(RowPayload.Encode(CollectionsMarshal.AsSpan(row.Events)), NpgsqlDbType.Bytea, _stop.Token).ConfigureAwait(false);
            ordinal += row.Records;
        }

        ulong written = await importer.CompleteAsync(_stop.Token).ConfigureAwait(false);
        if (written != (ulong)rows.Count)
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"The server took {written} of {rows.Count} rows."));
    }

    private Task WriteAsync<T>(NpgsqlBinaryImporter importer, T? value, NpgsqlDbType type)
        where T : struct
        => value is { } there ? importer.WriteAsync(there, type, _stop.Token) : importer.WriteNullAsync(_stop.Token);
}
