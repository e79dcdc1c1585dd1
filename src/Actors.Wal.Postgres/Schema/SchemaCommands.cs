using Npgsql;

namespace Actors.Wal.Postgres.Schema;

/// <summary>Commands to create tables once, from many processes.</summary>
internal static class SchemaCommands
{
    /// <summary>Waits for an advisory lock, which is held until the transaction ends. Another process may hold it while it builds an index.</summary>
    public static async Task LockAsync(this NpgsqlConnection connection, long key, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0", cancellationToken).ConfigureAwait(false);
        await using var command = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection) { CommandTimeout = 0, Parameters = { new NpgsqlParameter<long> { TypedValue = key } } };
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    public static async Task<bool> HasTableAsync(this NpgsqlConnection connection, string schema, string table, CancellationToken cancellationToken)
    {
        // This does not use to_regclass: within a transaction it may return a result from before the lock was taken.
        await using var command = new NpgsqlCommand("SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = $1 AND tablename = $2)", connection) { Parameters = { new() { Value = schema }, new() { Value = table } } };
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true;
    }

    public static async Task ExecuteAsync(this NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
