using System.Collections.Concurrent;
using System.Globalization;
using Actors.Wal.Postgres.Commit;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Ownership;

/// <summary>
/// Finds out which streams of this store other stores have opened. Every <see cref="PostgresLogStoreOptions.FencePeriod"/> it looks at the
/// fences that were committed since the last look. If it may have missed fences, because looks failed for too long or the server is another
/// one, it asks the server for the owner of each stream.
/// </summary>
internal sealed class FenceWatch : IAsyncDisposable
{
    // A look is quick. One that takes longer has a broken connection.
    private const int MostSeconds = 5;

    private readonly PostgresLogStoreOptions _options;
    private readonly long _owner;
    private readonly OwnedStreams _owned;
    private readonly OwnershipQuery _query;
    private readonly string _sql;
    private readonly ConcurrentQueue<OwnedStream> _doubtful = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _running;
    private FenceView? _seen;
    private long _looks;

    public FenceWatch(PostgresLogStoreOptions options, long owner, OwnedStreams owned, OwnershipQuery query)
    {
        _options = options;
        _owner = owner;
        _owned = owned;
        _query = query;
        string fences = string.Create(CultureInfo.InvariantCulture, $"SELECT stream_id, epoch, NULL, NULL, NULL, NULL FROM {Migrations.Quote(options.Schema)}.event WHERE kind = {(short)RowKind.Fence} AND owner <> $1");
        _sql = $"""
            SELECT NULL::bigint, NULL::int, pg_current_snapshot()::text, pg_postmaster_start_time(), pg_is_in_recovery(), (SELECT tx_raise FROM {Migrations.Quote(options.Schema)}.store)
            UNION ALL {fences} AND tx >= $2
            UNION ALL {fences} AND tx = ANY($3::xid8[])
            """;
        _running = Task.Run(RunAsync);
    }

    /// <summary>The number of looks. If one was made during an opening, the stream may have been taken over before the looks included it.</summary>
    public long Looks => Volatile.Read(ref _looks);

    /// <summary>Called when a stream was opened and added to the owned ones. If a look was made meanwhile, the next one asks for its owner.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="looksBefore">How many looks there were before its opening began.</param>
    public void Opened(OwnedStream stream, long looksBefore)
    {
        Interlocked.MemoryBarrier();
        if (Looks != looksBefore)
            _doubtful.Enqueue(stream);
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _closing.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                await LookAsync(_closing.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or OperationCanceledException or InvalidOperationException)
            {
                // The next look begins where the last successful one ended, or asks for the owner of every stream.
            }

            await Task.Delay(_options.FencePeriod, _options.Time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        // Rows that others have inserted behind a row of this store stay for much longer than this limit.
        long begun = _options.Time.GetTimestamp();
        FenceView? before = _seen is { } seen && _options.Time.GetElapsedTime(seen.Timestamp, begun) < Sightings.Limit ? seen : null;
        var fences = new List<(long Stream, int Epoch)>();
        if (await ReadAsync(before, begun, fences, cancellationToken).ConfigureAwait(false) is not { } now)
            return;
        bool isWhole = before is not null && before.ServerStarted == now.ServerStarted;

        // An opening that ends from here on sees the new count: this look may not have included its stream.
        Interlocked.Increment(ref _looks);
        _seen = null;
        foreach ((long id, int epoch) in fences)
        {
            if (_owned.TryGet(id, out OwnedStream? stream) && stream.Epoch <= epoch)
                stream.Lose(OwnedStream.OvertakenReason);
        }

        var unsure = new List<OwnedStream>();
        while (_doubtful.TryDequeue(out OwnedStream? stream))
            unsure.Add(stream);
        await Task.WhenAll((isWhole ? unsure : _owned.All).Where(s => s.Lost is null).Select(_query.IsOwnerAsync)).ConfigureAwait(false);
        _seen = now;
    }

    /// <summary>Reads the fences of others that the last look could not see.</summary>
    /// <returns>What this look can see; null if the server is a standby, which may lag behind.</returns>
    private async Task<FenceView?> ReadAsync(FenceView? before, long timestamp, List<(long Stream, int Epoch)> fences, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = _options.DataSource.CreateCommand(_sql);
        command.CommandTimeout = MostSeconds;
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = _owner });
        command.Parameters.Add(new NpgsqlParameter<ulong> { TypedValue = before?.Next ?? ulong.MaxValue, NpgsqlDbType = NpgsqlDbType.Xid8 });
        command.Parameters.Add(new NpgsqlParameter { Value = before?.Running ?? [], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Xid8 });
        FenceView? now = null;
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!reader.IsDBNull(0))
                fences.Add((reader.GetInt64(0), reader.GetInt32(1)));
            else if (!reader.GetBoolean(4))
                now = FenceView.Of(reader.GetString(2), (ulong)reader.GetInt64(5), reader.GetDateTime(3), timestamp);
        }

        return now;
    }
}
