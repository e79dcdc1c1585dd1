using System.Globalization;
using Npgsql;

namespace Actors.Wal.Postgres.Schema;

/// <summary>
/// The numbers that order the rows of a store: those of the server's transactions. A dump that is restored, or logical replication,
/// may bring the rows to a server that counts from a lower number. New rows would sort before old ones there, and the change feed would
/// take the old ones for uncommitted. So the store keeps a number that is added to the server's own. It is raised when a store is opened
/// whose rows lie in the server's future, which keeps all positions valid.
/// </summary>
internal static class TransactionNumbers
{
    /// <summary>Returns SQL for a number that can be compared with those of rows.</summary>
    /// <param name="number">SQL for a transaction number of the server, of type xid8.</param>
    /// <param name="schema">The quoted schema.</param>
    public static string Raised(string number, string schema) => $"({number}::text::bigint + (SELECT tx_raise FROM {schema}.store))::text::xid8";

    /// <summary>Returns the same SQL for a known number to add.</summary>
    public static string Raised(string number, long raise)
        => raise == 0 ? number : string.Create(CultureInfo.InvariantCulture, $"({number}::text::bigint + {raise})::text::xid8");

    /// <summary>
    /// Raises the store's number if rows lie in the server's future. New rows get their numbers from the default of their column. A restore
    /// of the rows alone does not restore that default, so it is set again if it adds another number.
    /// </summary>
    /// <returns>The number to add.</returns>
    public static async Task<long> FitAsync(PostgresLogStoreOptions options, CancellationToken cancellationToken)
    {
        string schema = Migrations.Quote(options.Schema);
        string newest = $"(SELECT tx FROM {schema}.event ORDER BY tx DESC LIMIT 1)";
        string look = $"""
            SELECT tx_raise, COALESCE({newest} >= {Raised("pg_snapshot_xmax(pg_current_snapshot())", schema)}, false),
                   (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d JOIN pg_attribute a ON (a.attrelid, a.attnum) = (d.adrelid, d.adnum)
                    WHERE a.attrelid = '{schema.Replace("'", "''", StringComparison.Ordinal)}.event'::regclass AND a.attname = 'tx')
            FROM {schema}.store
            """;
        await using NpgsqlConnection connection = await options.DataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        (long raise, bool isAhead, bool fits) = await LookAsync(connection, look, cancellationToken).ConfigureAwait(false);
        if (!isAhead && fits)
            return raise;
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await connection.LockAsync(AdvisoryLocks.Migration, cancellationToken).ConfigureAwait(false);
        (raise, isAhead, fits) = await LookAsync(connection, look, cancellationToken).ConfigureAwait(false);
        if (!isAhead && fits)
            return raise;
        if (isAhead)
        {
            await using var next = new NpgsqlCommand($"UPDATE {schema}.store SET tx_raise = {newest}::text::bigint - pg_current_xact_id()::text::bigint + 1 RETURNING tx_raise", connection);
            raise = (long)(await next.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        }

        await connection.ExecuteAsync($"ALTER TABLE {schema}.event ALTER COLUMN tx SET DEFAULT {Raised("pg_current_xact_id()", raise)}", cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return raise;
    }

    private static async Task<(long Raise, bool IsAhead, bool DefaultFits)> LookAsync(NpgsqlConnection connection, string look, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(look, connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        long raise = reader.GetInt64(0);
        string given = reader.IsDBNull(2) ? "" : reader.GetString(2);
        bool fits = raise == 0 ? given == "pg_current_xact_id()" : given.Contains(raise.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        return (raise, reader.GetBoolean(1), fits);
    }
}
