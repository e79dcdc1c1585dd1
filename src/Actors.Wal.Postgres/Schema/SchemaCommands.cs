using Npgsql;

namespace Actors.Wal.Postgres.Schema;

/// <summary>What it takes to make tables once, from many processes.</summary>
internal static class SchemaCommands
{
    /// <summary>Waits for an advisory lock, which lasts as long as the transaction.</summary>
    public static async Task LockAsync(this NpgsqlConnection connection, long key, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection) { Parameters = { new NpgsqlParameter<long> { TypedValue = key } } };
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    public static async Task<bool> HasTableAsync(this NpgsqlConnection connection, string schema, string table, CancellationToken cancellationToken)
    {
        // Not to_regclass: within a transaction it may remember that the table was not there before the lock was.
        await using var command = new NpgsqlCommand("SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = $1 AND tablename = $2)", connection) { Parameters = { new() { Value = schema }, new() { Value = table } } };
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true;
    }

    public static async Task ExecuteAsync(this NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
