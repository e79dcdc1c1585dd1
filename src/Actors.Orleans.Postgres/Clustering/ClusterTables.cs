using System.Reflection;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Servers;
using Npgsql;

namespace Actors.Orleans.Postgres.Clustering;

/// <summary>Makes the tables of Orleans' ADO.NET clustering in a schema, before the silo looks for them. One silo does it, the others wait.</summary>
internal sealed class ClusterTables(string connectionString, string schema) : ILifecycleParticipant<ISiloLifecycle>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public void Participate(ISiloLifecycle lifecycle)
        => lifecycle.Subscribe(nameof(ClusterTables), ServiceLifecycleStage.First, token => ServerWait.DoAsync(Patience, TimeProvider.System, () => CreateAsync(token), token));

    /// <summary>The connection string with the schema as where tables are looked for.</summary>
    public static string InSchema(string connectionString, string schema)
        => new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = Migrations.Quote(schema) }.ConnectionString;

    private async Task<bool> CreateAsync(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await connection.LockAsync(AdvisoryLocks.Clustering, cancellationToken).ConfigureAwait(false);
        if (await connection.HasTableAsync(schema, "orleansquery", cancellationToken).ConfigureAwait(false))
            return false;
        using var script = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("clustering.sql")!);
        string text = await script.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync($"CREATE SCHEMA IF NOT EXISTS {Migrations.Quote(schema)}; SET LOCAL search_path TO {Migrations.Quote(schema)};", cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync(text, cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }
}
