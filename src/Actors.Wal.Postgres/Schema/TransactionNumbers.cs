using System.Globalization;
using Npgsql;

namespace Actors.Wal.Postgres.Schema;

/// <summary>
/// The numbers that order the rows of a store: those of the server's transactions. A dump that is restored, or logical replication,
/// may bring the rows to a server that counts from a lower number. New rows would sort before old ones there, and the change feed would
/// take the old ones for uncommitted. After the restore of an older dump or backup, new rows would also get numbers that followers of the
/// feed have passed. So the store keeps a number that is added to the server's own. It is raised when a store is opened whose rows are in
/// another place than before, or lie in the server's future. All positions stay valid.
/// </summary>
internal static class TransactionNumbers
{
    /// <summary>The transactions that are left out by a raise. A restore may take back as many without a follower missing a row.</summary>
    private const long Jump = 1L << 32;

    /// <summary>Returns SQL for a number that can be compared with those of rows.</summary>
    /// <param name="number">SQL for a transaction number of the server, of type xid8.</param>
    /// <param name="schema">The quoted schema.</param>
    public static string Raised(string number, string schema) => $"({number}::text::bigint + (SELECT tx_raise FROM {schema}.store))::text::xid8";

    /// <summary>
    /// Raises the store's number if the rows were moved or lie in the server's future. New rows get their numbers from the default of their
    /// column. A restore of the rows alone does not restore that default, so it is set again if it adds another number. Only the owner of the
    /// table can change a default. So that others can open the store after a failover, they leave another timeline to the next owner.
    /// </summary>
    public static async Task FitAsync(PostgresLogStoreOptions options, CancellationToken cancellationToken)
    {
        string schema = Migrations.Quote(options.Schema);
        string table = $"'{schema.Replace("'", "''", StringComparison.Ordinal)}.event'::regclass";
        string home = $"concat_ws('/', (SELECT system_identifier FROM pg_control_system()), (SELECT oid FROM pg_database WHERE datname = current_database()), {table}::oid, '')";
        string newest = $"COALESCE((SELECT tx FROM {schema}.event ORDER BY tx DESC LIMIT 1)::text::bigint, 0)";
        string look = $"""
            SELECT tx_raise, place, {newest} >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint + tx_raise,
                   (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d JOIN pg_attribute a ON (a.attrelid, a.attnum) = (d.adrelid, d.adnum)
                    WHERE a.attrelid = {table} AND a.attname = 'tx'),
                   CASE WHEN pg_is_in_recovery() OR (starts_with(place, {home}) AND NOT pg_has_role((SELECT relowner FROM pg_class WHERE oid = {table}), 'USAGE'))
                        THEN place ELSE {home} || left(pg_walfile_name(pg_current_wal_lsn()), 8) END
            FROM {schema}.store
            """;
        await using NpgsqlConnection connection = await options.DataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        if ((await LookAsync(connection, look, cancellationToken).ConfigureAwait(false)).Fits)
            return;
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await connection.LockAsync(AdvisoryLocks.Migration, cancellationToken).ConfigureAwait(false);
        Numbers numbers = await LookAsync(connection, look, cancellationToken).ConfigureAwait(false);
        if (numbers.Fits)
            return;

        // No row may be inserted with the number before while the number changes.
        if (numbers.IsChanging)
            await connection.ExecuteAsync($"SET LOCAL lock_timeout = '30s'; LOCK TABLE {schema}.event IN ACCESS EXCLUSIVE MODE", cancellationToken).ConfigureAwait(false);
        string next = $"GREATEST({newest}, pg_current_xact_id()::text::bigint + tx_raise) + {Jump.ToString(CultureInfo.InvariantCulture)}";
        string raise = numbers.IsMoved
            ? $"WITH back AS (INSERT INTO {schema}.taken_back SELECT {newest}, {next} FROM {schema}.store RETURNING next_tx) UPDATE {schema}.store SET tx_raise = next_tx - pg_current_xact_id()::text::bigint, place = $1 FROM back RETURNING tx_raise"
            : $"UPDATE {schema}.store SET place = $1 RETURNING tx_raise";
        await using (var update = new NpgsqlCommand(raise, connection) { Parameters = { new() { Value = numbers.Place } } })
        {
            long added = (long)(await update.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
            string number = added == 0 ? "pg_current_xact_id()" : string.Create(CultureInfo.InvariantCulture, $"(pg_current_xact_id()::text::bigint + {added})::text::xid8");
            if (numbers.IsChanging)
                await connection.ExecuteAsync($"ALTER TABLE {schema}.event ALTER COLUMN tx SET DEFAULT {number}", cancellationToken).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<Numbers> LookAsync(NpgsqlConnection connection, string look, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(look, connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        long raise = reader.GetInt64(0);
        string? before = reader.IsDBNull(1) ? null : reader.GetString(1);
        string? place = reader.IsDBNull(4) ? null : reader.GetString(4);
        string given = reader.IsDBNull(3) ? "" : reader.GetString(3);
        bool isAdded = raise == 0 ? given == "pg_current_xact_id()" : given.Contains(raise.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        bool isMoved = reader.GetBoolean(2) || (before is not null && before != place);
        return new Numbers(place, isMoved, IsChanging: isMoved || !isAdded, Fits: !isMoved && before == place && isAdded);
    }

    /// <summary>The store's transaction numbers as they were found.</summary>
    /// <param name="Place">Where the rows are.</param>
    /// <param name="IsMoved">Whether the rows were moved there, or lie in the server's future.</param>
    /// <param name="IsChanging">Whether new rows are to get their numbers in another way.</param>
    /// <param name="Fits">Whether nothing is to be changed.</param>
    private sealed record Numbers(string? Place, bool IsMoved, bool IsChanging, bool Fits);
}
