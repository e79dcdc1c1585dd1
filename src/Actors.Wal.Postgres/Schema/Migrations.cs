using System.Globalization;
using System.Reflection;
using Npgsql;

namespace Actors.Wal.Postgres.Schema;

/// <summary>Migrates a schema to the version of this program. Many processes may do so at once: one migrates, the others wait.</summary>
internal static class Migrations
{
    private static readonly (int Number, string Name)[] All = [(1, "0001-log.sql"), (2, "0002-fences.sql"), (3, "0003-store.sql"), (4, "0004-places.sql")];

    /// <exception cref="InvalidOperationException">A newer program has migrated the schema.</exception>
    public static async Task ApplyAsync(NpgsqlDataSource source, PostgresLogStoreOptions options, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        string schema = Quote(options.Schema);
        if (await VersionAsync(connection, options.Schema, cancellationToken).ConfigureAwait(false) == All[^1].Number)
            return;
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await connection.LockAsync(AdvisoryLocks.Migration, cancellationToken).ConfigureAwait(false);
        int version = await VersionAsync(connection, options.Schema, cancellationToken).ConfigureAwait(false);
        if (version > All[^1].Number)
            throw new InvalidOperationException($"Schema '{options.Schema}' has version {version} of the log's tables; this program knows {All[^1].Number}. Use a newer release.");
        if (version == 0)
        {
            await connection.ExecuteAsync($"CREATE SCHEMA IF NOT EXISTS {schema}; CREATE TABLE {schema}.migration (version int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())", cancellationToken).ConfigureAwait(false);
        }

        foreach ((int number, string name) in All.Where(m => m.Number > version))
        {
            string script = (await ReadAsync(name, cancellationToken).ConfigureAwait(false)).Replace("/*partitions*/", options.Partitions > 0 ? "PARTITION BY HASH (stream_id)" : "", StringComparison.Ordinal);
            await connection.ExecuteAsync($"SET LOCAL search_path TO {schema}; {script}", cancellationToken).ConfigureAwait(false);
            if (number == 1)
            {
                for (int i = 0; i < options.Partitions; i++)
                    await connection.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"CREATE TABLE {schema}.event_{i} PARTITION OF {schema}.event FOR VALUES WITH (MODULUS {options.Partitions}, REMAINDER {i})"), cancellationToken).ConfigureAwait(false);
            }

            await connection.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO {schema}.migration (version) VALUES ({number})"), cancellationToken).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <exception cref="InvalidOperationException">There is no store in the schema, or one of another release.</exception>
    public static async Task RequireAsync(PostgresLogStoreOptions options, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await options.DataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        int version = await VersionAsync(connection, options.Schema, cancellationToken).ConfigureAwait(false);
        if (version != All[^1].Number)
            throw new InvalidOperationException(version == 0 ? $"There is no store in schema '{options.Schema}'." : $"Schema '{options.Schema}' has version {version} of the log's tables; this program reads {All[^1].Number}. {(version > All[^1].Number ? "Use a newer release." : "A silo of this release brings them up to date.")}");
    }

    public static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static async Task<int> VersionAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        if (!await connection.HasTableAsync(schema, "migration", cancellationToken).ConfigureAwait(false))
            return 0;
        await using var version = new NpgsqlCommand($"SELECT max(version) FROM {Quote(schema)}.migration", connection);
        return await version.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is int number ? number : 0;
    }

    private static async Task<string> ReadAsync(string name, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
    }
}
