using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Actors.Wal.Postgres.Schema;
using Npgsql;

namespace Actors.Wal.Postgres.Copying;

/// <summary>
/// The table <c>copying</c>, which is in a schema while a copy is being made there. It names the source, and prevents the opening of an
/// incomplete copy.
/// </summary>
internal sealed class CopyTables(string schema)
{
    private readonly string _schema = Migrations.Quote(schema);
    private readonly long _key = unchecked((long)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(schema), 0x6163746f72730003));

    /// <exception cref="InvalidOperationException">The schema holds a copy that is not complete.</exception>
    public static async Task RefuseUnfinishedAsync(PostgresLogStoreOptions options, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await options.DataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        if (await new CopyTables(options.Schema).FindAsync(connection, cancellationToken).ConfigureAwait(false) is { } begun)
            throw new InvalidOperationException($"Schema '{options.Schema}' holds a copy of {begun.Source} that is not complete. Run 'walctl copy' again until it is, or drop the schema's tables.");
    }

    /// <summary>Returns the copy that was begun; null if there is none.</summary>
    public async Task<(string Source, long Owner)?> FindAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var exists = new NpgsqlCommand("SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = $1 AND tablename = 'copying')", connection) { Parameters = { new() { Value = schema } } };
        if (await exists.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not true)
            return null;
        await using var read = new NpgsqlCommand($"SELECT source, owner FROM {_schema}.copying", connection);
        await using NpgsqlDataReader reader = await read.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        return await reader.ReadAsync(cancellationToken).ConfigureAwait(false) ? (reader.GetString(0), reader.GetInt64(1)) : null;
    }

    /// <summary>Returns whether the store has neither streams nor rows.</summary>
    public async Task<bool> IsEmptyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT EXISTS (SELECT FROM {_schema}.stream) OR EXISTS (SELECT FROM {_schema}.event)", connection);
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is false;
    }

    public async Task BeginAsync(NpgsqlConnection connection, string source, long owner, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"CREATE TABLE {_schema}.copying AS SELECT $1::text AS source, $2::bigint AS owner, now() AS begun_at", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = source });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = owner });
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task CompleteAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SET synchronous_commit = on; ANALYZE {_schema}.stream, {_schema}.event; DROP TABLE {_schema}.copying", connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes the lock of the session that copies into the schema. Returns false while another session has it.</summary>
    public async Task<bool> TryLockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)", connection) { Parameters = { new NpgsqlParameter<long> { TypedValue = _key } } };
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true;
    }

    /// <summary>Releases the lock, because the session may go back to a pool.</summary>
    public async Task UnlockAsync(NpgsqlConnection connection)
    {
        try
        {
            await using var command = new NpgsqlCommand("SELECT pg_advisory_unlock($1)", connection) { Parameters = { new NpgsqlParameter<long> { TypedValue = _key } } };
            await command.ExecuteNonQueryAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The session is gone, and the lock with it.
        }
    }

    /// <summary>Waits for the transactions of a copy that was killed, because their commits may still be under way.</summary>
    public async Task SettleAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        string key = (_key + 1).ToString(CultureInfo.InvariantCulture);
        await using var command = new NpgsqlCommand($"SELECT pg_advisory_lock({key}), pg_advisory_unlock({key})", connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The statement with which each transaction of a copy takes the lock that <see cref="SettleAsync"/> waits for.</summary>
    public string HoldStatement => $"SELECT pg_advisory_xact_lock_shared({(_key + 1).ToString(CultureInfo.InvariantCulture)})";
}
