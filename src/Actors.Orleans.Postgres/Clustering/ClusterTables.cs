using System.Reflection;
using Actors.Wal;
using Actors.Wal.Postgres;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Servers;
using Npgsql;

namespace Actors.Orleans.Postgres.Clustering;

/// <summary>Creates the tables of Orleans' ADO.NET clustering before the silo reads them. One silo creates them, the others wait.</summary>
internal sealed class ClusterTables(string connectionString, string schema) : ILifecycleParticipant<ISiloLifecycle>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public void Participate(ISiloLifecycle lifecycle)
        => lifecycle.Subscribe(nameof(ClusterTables), ServiceLifecycleStage.First, StartAsync);

    /// <summary>Returns the connection string with the schema as its <c>search_path</c>.</summary>
    public static string InSchema(string connectionString, string schema)
        => Connection(connectionString, c => c.SearchPath = Migrations.Quote(schema));

    private static string Connection(string connectionString, Action<NpgsqlConnectionStringBuilder> change)
    {
        NpgsqlConnectionStringBuilder connection = PostgresConnections.WithDefaults(new NpgsqlConnectionStringBuilder(connectionString), PostgresConnections.MaxForClustering);
        change(connection);
        return connection.ConnectionString;
    }

    /// <exception cref="StoreUnreachableException">The server could not be reached for <see cref="Patience"/>, or refuses.</exception>
    private async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ServerWait.DoAsync(Patience, TimeProvider.System, () => PrepareAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is PostgresException || ServerErrors.IsUnreachable(e))
        {
            var server = new NpgsqlConnectionStringBuilder(connectionString);
            throw new StoreUnreachableException(
                $"The tables of the cluster, in schema '{schema}' of database '{server.Database ?? server.Username}' on {server.Host}:{server.Port}, can't be used: {e.Message} "
                + (e is PostgresException { IsTransient: false } ? "" : $"Connecting was tried for {Patience.TotalSeconds} s. ")
                + "Check that the server runs and that the connection string of the clustering is right (Orleans:Clustering:ConnectionString), then start the silo again.",
                e);
        }
    }

    private async Task<bool> PrepareAsync(CancellationToken cancellationToken)
    {
        bool isNew = await CreateAsync(cancellationToken).ConfigureAwait(false);
        await RequireFoundAsync(cancellationToken).ConfigureAwait(false);
        return isNew;
    }

    /// <summary>Checks that tables are found without their schema, as Orleans names them. A pooler may refuse or drop <c>search_path</c>.</summary>
    private async Task RequireFoundAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection(InSchema(connectionString, schema));
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using var find = new NpgsqlCommand("SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass('orleansquery')", connection);
            if (await find.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is string found && found == schema)
                return;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ProtocolViolation && e.MessageText.Contains("search_path", StringComparison.Ordinal))
        {
            throw Hidden(e);
        }

        throw Hidden(null);
    }

    private InvalidOperationException Hidden(Exception? cause) => new(
        $"The tables of the cluster are in schema '{schema}', and its connections don't look there: a pooler does not pass search_path on. Give UsePostgresClustering a connection string that leads past the pooler. "
        + $"Or set ignore_startup_parameters = search_path in PgBouncer, and let the server look there for this user: ALTER ROLE … SET search_path = {Migrations.Quote(schema)}.",
        cause);

    private async Task<bool> CreateAsync(CancellationToken cancellationToken)
    {
        // It is used once, so it is not kept.
        await using var connection = new NpgsqlConnection(Connection(connectionString, c => c.Pooling = false));
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
