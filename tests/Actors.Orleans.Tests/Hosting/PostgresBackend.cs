using Actors.Orleans.Postgres;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;
using Actors.Wal.Postgres;
using Npgsql;

[assembly: AssemblyFixture(typeof(TestServer))]

namespace Actors.Orleans.Tests.Hosting;

/// <summary>The PostgreSQL server of all cases.</summary>
public sealed class TestServer : PostgresServer, IAsyncLifetime;

/// <summary>A schema of its own on the server.</summary>
public sealed class PostgresBackend(TestServer server) : TestBackend
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(server.ConnectionString);
    private readonly string _schema = $"case_{Guid.NewGuid():N}";

    public override void Use(WriteAheadLogOptions options, bool shared = false)
        => options.UsePostgres(_ => _source, o => o with { Schema = _schema });

    public override async Task<ILogStore> OpenAsync()
        => await PostgresLogStore.OpenAsync(new PostgresLogStoreOptions { DataSource = _source, Schema = _schema });

    public override Task<ILogStore> OpenBesideAsync(WalCluster cluster) => OpenAsync();

    public override Task CrashAsync(WalCluster cluster) => cluster.KillAsync();

    public override async ValueTask DisposeAsync()
    {
        await using (NpgsqlCommand drop = _source.CreateCommand($"DROP SCHEMA IF EXISTS {_schema} CASCADE"))
            await drop.ExecuteNonQueryAsync();
        await _source.DisposeAsync();
    }
}
