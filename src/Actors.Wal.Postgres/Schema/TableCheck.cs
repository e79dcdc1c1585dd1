using Npgsql;

namespace Actors.Wal.Postgres.Schema;

/// <summary>
/// Checks, when a store opens, that its tables have their columns, and that its user has the rights that it needs. Otherwise some appends or
/// the deletion of rows would fail much later.
/// </summary>
internal static class TableCheck
{
    private static readonly (string Name, string Rights, string Columns)[] Tables =
    [
        ("stream", "SELECT, INSERT, UPDATE, DELETE", "id, name, deleted_at, last_epoch"),
        ("event", "SELECT, INSERT, DELETE", "stream_id, seq, owner, tx, recorded_at, first_seq, sub, count, epoch, ordinal, kind, checkpoint_seq, base_seq, base_sub, payload, commit_id"),
        ("trim", "SELECT, INSERT, UPDATE, DELETE", "stream_id, before_seq, since"),
        ("spent_fence", "SELECT, INSERT, UPDATE, DELETE", "stream_id, seq, sub, since, owner"),
        ("store", "SELECT, UPDATE", "is_only, service, epoch_floor, tx_raise, place"),
        ("taken_back", "SELECT", "after_tx, next_tx"),
    ];

    private static readonly string Missing = $"""
        WITH wanted (name, rights, columns) AS (VALUES {string.Join(", ", Tables.Select(t => $"('{t.Name}', '{t.Rights}', '{t.Columns}')"))}),
        found AS (
          SELECT w.*, c.oid FROM wanted w LEFT JOIN pg_class c ON c.relname = w.name AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1))
        SELECT name, NULL, r FROM found, regexp_split_to_table(rights, ', ') r WHERE NOT has_table_privilege(oid, r)
        UNION ALL
        SELECT name, c, NULL FROM found, regexp_split_to_table(columns, ', ') c
        WHERE oid IS NULL OR NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = oid AND a.attname = c AND NOT a.attisdropped)
        """;

    /// <exception cref="InvalidOperationException">A table, a column or a right is missing.</exception>
    public static async Task RequireAsync(PostgresLogStoreOptions options, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = options.DataSource.CreateCommand(Missing);
        command.Parameters.Add(new NpgsqlParameter { Value = options.Schema });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            return;
        string table = $"{Migrations.Quote(options.Schema)}.{reader.GetString(0)}";
        throw new InvalidOperationException(reader.IsDBNull(1)
            ? $"The user of the log's connections has no {reader.GetString(2)} right on table {table}. Let the owner of the table grant it: GRANT {Tables.Single(t => t.Name == reader.GetString(0)).Rights} ON {table} TO the user."
            : $"Table {table} has no column {reader.GetString(1)}: it is not as this release made it. Restore the schema from a backup.");
    }
}
