using System.Globalization;
using Npgsql;

namespace Actors.Benchmarks.Hosting;

/// <summary>
/// The tables of Orleans' ADO.NET storage. If scripts are given, they create the tables in a schema that is dropped when the run
/// ends. Otherwise the database must have the tables, and the run's rows are deleted.
/// </summary>
internal sealed class PostgresTables : IAsyncDisposable
{
    // Connections that are left for other clients, and for the logs of the greatest number of silos.
    private const int SparedConnections = 40;
    private const int WaitSeconds = 300;

    private readonly string? _schema;

    private PostgresTables(string connectionString, string? schema, string serviceId)
    {
        ConnectionString = connectionString;
        ServiceId = serviceId;
        _schema = schema;
    }

    public string ConnectionString { get; }

    /// <summary>The Orleans service id of the run's rows.</summary>
    public string ServiceId { get; }

    /// <summary>The schema of the write-ahead log; it is dropped when the run ends.</summary>
    public string LogSchema => ServiceId + "_log";

    public static async Task<PostgresTables> PrepareAsync(string server, IReadOnlyList<FileInfo> scripts, CancellationToken cancellationToken)
    {
        NpgsqlConnectionStringBuilder settings = Parse(server);
        string name = "actors_benchmarks_" + Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..8];
        try
        {
            await using var connection = new NpgsqlConnection(settings.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            await LimitPoolAsync(settings, connection, cancellationToken);
            if (scripts.Count == 0)
            {
                await RequireTablesAsync(connection, cancellationToken);
                return new PostgresTables(settings.ConnectionString, null, name);
            }

            await ExecuteAsync(connection, $"CREATE SCHEMA {name}; SET search_path TO {name}", CancellationToken.None);
            settings.SearchPath = name;
            var tables = new PostgresTables(settings.ConnectionString, name, name);
            try
            {
                foreach (FileInfo script in scripts)
                    await ExecuteAsync(connection, await File.ReadAllTextAsync(script.FullName, cancellationToken), cancellationToken);
                await RequireTablesAsync(connection, cancellationToken);
                return tables;
            }
            catch
            {
                await tables.DisposeAsync();
                throw;
            }
        }
        catch (NpgsqlException e)
        {
            throw new BenchmarkException($"--postgres can't be used: {e.Message}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await ExecuteAsync(connection, $"DROP SCHEMA IF EXISTS {LogSchema} CASCADE", CancellationToken.None);
        await ExecuteAsync(
            connection,
            _schema is null ? $"DELETE FROM orleansstorage WHERE serviceid = '{ServiceId}'" : $"DROP SCHEMA {_schema} CASCADE",
            CancellationToken.None);
        NpgsqlConnection.ClearPool(connection);
    }

    private static NpgsqlConnectionStringBuilder Parse(string server)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(server);
        }
        catch (ArgumentException e)
        {
            throw new BenchmarkException($"--postgres '{server}' is no connection string: {e.Message}");
        }
    }

    /// <summary>Limits the pool to the server's connections, and sets a long timeout for callers that wait for one.</summary>
    private static async Task LimitPoolAsync(NpgsqlConnectionStringBuilder settings, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT current_setting('max_connections')::int", connection);
        int most = (int)(await command.ExecuteScalarAsync(cancellationToken))!;
        settings.MaxPoolSize = Math.Max(1, Math.Min(settings.MaxPoolSize, most - SparedConnections));
        settings.Timeout = Math.Max(settings.Timeout, WaitSeconds);
    }

    private static async Task RequireTablesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT to_regclass('orleansquery') IS NOT NULL AND to_regclass('orleansstorage') IS NOT NULL", connection);
        if (!(bool)(await command.ExecuteScalarAsync(cancellationToken))!)
            throw new BenchmarkException("The database has no Orleans tables; create them, or pass PostgreSQL-Main.sql and PostgreSQL-Persistence.sql of the Orleans repository with --postgres-setup.");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
