using System.Reflection;
using Npgsql;

namespace Actors.Orleans.Postgres.Clustering;

/// <summary>Makes the tables of Orleans' ADO.NET clustering in a schema, before the silo looks for them. One silo does it, the others wait.</summary>
internal sealed class ClusterTables(string connectionString, string schema) : ILifecycleParticipant<ISiloLifecycle>
{
    // Any number that nobody else uses for advisory locks of this database.
    private const string LockKey = "7017280570803617795";

    public void Participate(ISiloLifecycle lifecycle)
        => lifecycle.Subscribe(nameof(ClusterTables), ServiceLifecycleStage.First, CreateAsync);

    /// <summary>The connection string with the schema as where tables are looked for.</summary>
    public static string InSchema(string connectionString, string schema)
        => new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = Quote(schema) }.ConnectionString;

    private static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({LockKey})", cancellationToken).ConfigureAwait(false);
        await using var exists = new NpgsqlCommand("SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = $1 AND tablename = 'orleansquery')", connection) { Parameters = { new() { Value = schema } } };
        if (await exists.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true)
            return;
        using var script = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("clustering.sql")!);
        string text = await script.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(connection, $"CREATE SCHEMA IF NOT EXISTS {Quote(schema)}; SET LOCAL search_path TO {Quote(schema)};", cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(connection, text, cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
