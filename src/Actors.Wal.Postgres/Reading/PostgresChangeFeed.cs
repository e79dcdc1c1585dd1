using System.Runtime.CompilerServices;
using System.Text;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Servers;
using Actors.Wal.Postgres.Streams;
using Npgsql;

namespace Actors.Wal.Postgres.Reading;

/// <summary>
/// Reads all records in the order of their transactions. It gives only records whose transactions are older than all running ones, so that
/// no slow transaction can add a record before them later.
/// </summary>
internal sealed class PostgresChangeFeed(PostgresLogStoreOptions options, CancellationToken closing)
{
    private readonly string _sql = $"""
        SELECT s.name, e.seq, e.sub, e.count, e.epoch, e.kind, e.tx, e.ordinal, e.recorded_at, e.payload, e.checkpoint_seq, e.base_seq, e.base_sub, e.first_seq
        FROM (SELECT * FROM {Migrations.Quote(options.Schema)}.event
              WHERE tx >= $1 AND tx < {TransactionNumbers.Raised("pg_snapshot_xmin(pg_current_snapshot())", Migrations.Quote(options.Schema))} ORDER BY tx FETCH FIRST 500 ROWS WITH TIES) e
        JOIN {Migrations.Quote(options.Schema)}.stream s ON s.id = e.stream_id ORDER BY e.tx, e.ordinal
        """;

    // A position in the server's future was taken back too, by something that left the rows in their place.
    private readonly string _check = $"""
        SELECT min(after_tx) FROM (
          SELECT after_tx FROM {Migrations.Quote(options.Schema)}.taken_back WHERE $1 > after_tx AND $1 < next_tx
          UNION ALL
          SELECT next - 1 FROM (SELECT {TransactionNumbers.Raised("pg_snapshot_xmax(pg_current_snapshot())", Migrations.Quote(options.Schema))}::text::bigint AS next) n WHERE $1 > next AND NOT pg_is_in_recovery()) x
        """;

    private bool _isChecked;

    public async IAsyncEnumerable<LogRecord> FollowAsync(Lsn from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, closing);
        Lsn next = from;
        while (true)
        {
            List<(LogStreamId Stream, StoredRow Row)>? page = await PageAsync(next, either.Token, cancellationToken).ConfigureAwait(false);
            if (page is null)
                yield break;
            foreach ((LogStreamId stream, StoredRow row) in page)
            {
                foreach (LogRecord record in row.Records(stream).Where(r => r.Lsn >= next))
                {
                    yield return record;
                    cancellationToken.ThrowIfCancellationRequested();
                    if (closing.IsCancellationRequested)
                        yield break;
                }
            }

            if (page.Count > 0)
                next = Positions.Lsn(page[^1].Row.Tx + 1, 0);
        }
    }

    /// <summary>Returns the next page, once there is one; null when the feed ends.</summary>
    private async Task<List<(LogStreamId Stream, StoredRow Row)>?> PageAsync(Lsn next, CancellationToken either, CancellationToken cancelled)
    {
        while (true)
        {
            try
            {
                List<(LogStreamId, StoredRow)> page = await ReadAsync(next, either).ConfigureAwait(false);
                if (page.Count > 0)
                    return page;
                await Task.Delay(options.FeedPeriod, options.Time, either).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (either.IsCancellationRequested)
            {
                cancelled.ThrowIfCancellationRequested();
                return null;
            }
            catch (Exception e) when (e is not FeedTakenBackException && ServerErrors.IsUnreachable(e) && ServerErrors.MeaningOf(e) != ErrorMeaning.Refused)
            {
                _isChecked = false;
                await Task.Delay(TimeSpan.FromSeconds(1), options.Time, either).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (PostgresException e)
            {
                throw new StoreUnreachableException($"The change feed of schema '{options.Schema}' can't be read: {ServerErrors.Explain(e)}", e);
            }
        }
    }

    private async Task<List<(LogStreamId, StoredRow)>> ReadAsync(Lsn next, CancellationToken cancellationToken)
    {
        if (!_isChecked)
            await RequireThereAsync(next, cancellationToken).ConfigureAwait(false);
        _isChecked = true;
        await using NpgsqlCommand command = options.DataSource.CreateCommand(_sql);
        command.Parameters.Add(new NpgsqlParameter<ulong> { TypedValue = (ulong)Positions.Tx(next), NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Xid8 });
        var page = new List<(LogStreamId, StoredRow)>();
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            page.Add((new LogStreamId(Encoding.UTF8.GetString(reader.GetFieldValue<byte[]>(0))), StoredRow.Read(reader, 1)));
        return page;
    }

    /// <summary>Checks that what the follower has read is still there. A restore may have taken it back.</summary>
    /// <exception cref="FeedTakenBackException">It is not.</exception>
    private async Task RequireThereAsync(Lsn next, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = options.DataSource.CreateCommand(_check);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = next == Lsn.Zero ? 0 : Positions.Tx(new Lsn(next.Value - 1)) });
        if (await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is long last)
            throw new FeedTakenBackException(options.Schema, next, Positions.Lsn(last + 1, 0));
    }
}
