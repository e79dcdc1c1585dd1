using System.Security.Cryptography;
using Npgsql;

namespace Actors.ClientDemo.Clusters;

/// <summary>The schema of the logs and the membership of the demo's cluster. It is dropped when the demo ends.</summary>
internal sealed class ClusterDatabase : IAsyncDisposable
{
    private const int DeadStatus = 6;

    private readonly NpgsqlDataSource _source;
    private readonly string _connectionString;
    private readonly string _schema = $"actors_demo_{RandomNumberGenerator.GetHexString(8, lowercase: true)}";

    private readonly string _membership;

    private ClusterDatabase(NpgsqlDataSource source, string connectionString, string membership)
    {
        _source = source;
        _connectionString = connectionString;
        _membership = membership;
    }

    /// <summary>The command-line settings of each silo.</summary>
    public IReadOnlyList<string> Settings =>
    [
        "--Orleans:GrainStorage:wal:ProviderType=PostgresWriteAheadLog",
        $"--Orleans:GrainStorage:wal:Postgres:ConnectionString={_connectionString}",
        $"--Orleans:GrainStorage:wal:Postgres:Schema={_schema}",
        "--Orleans:Clustering:ProviderType=Postgres",
        $"--Orleans:Clustering:ConnectionString={_membership}",
        $"--Orleans:Clustering:Schema={_schema}",
        "--Orleans:ClusterMembership:ProbeTimeout=00:00:01",
        "--Orleans:ClusterMembership:NumMissedProbesLimit=2",
        "--Orleans:ClusterMembership:TableRefreshTimeout=00:00:02",
    ];

    /// <exception cref="DemoException">The server can't be used.</exception>
    public static async Task<ClusterDatabase> OpenAsync(string connectionString, string? membership, CancellationToken cancellationToken)
    {
        try
        {
            NpgsqlDataSource source = NpgsqlDataSource.Create(connectionString);
            await using NpgsqlCommand ask = source.CreateCommand("SELECT 1");
            await ask.ExecuteScalarAsync(cancellationToken);
            return new ClusterDatabase(source, connectionString, membership ?? connectionString);
        }
        catch (Exception e) when (e is ArgumentException or NpgsqlException or TimeoutException)
        {
            throw new DemoException($"--postgres: {e.Message}");
        }
    }

    /// <summary>Returns whether the membership declares every silo that was started at this port dead.</summary>
    public async Task<bool> IsDeadAsync(int siloPort, CancellationToken cancellationToken)
    {
        try
        {
            await using NpgsqlCommand ask = _source.CreateCommand($"SELECT bool_and(status = {DeadStatus}) FROM {_schema}.silo WHERE port = $1");
            ask.Parameters.Add(new NpgsqlParameter<int> { TypedValue = siloPort });
            return await ask.ExecuteScalarAsync(cancellationToken) is true;
        }
        catch (NpgsqlException)
        {
            // The server itself may be under attack.
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await using NpgsqlCommand drop = _source.CreateCommand($"DROP SCHEMA IF EXISTS {_schema} CASCADE");
            await drop.ExecuteNonQueryAsync();
        }
        catch (NpgsqlException)
        {
            // The server can't be reached, so the schema may remain.
        }

        await _source.DisposeAsync();
    }
}
