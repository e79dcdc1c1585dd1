using Actors.Explorer.Tests.Silos;
using Actors.Orleans;
using Actors.Orleans.Postgres;
using Npgsql;

namespace Actors.Explorer.Tests.Stores;

/// <summary>The rules of a silo's log, on PostgreSQL.</summary>
public sealed class PostgresSiloStoreTests(TestServer server) : SiloStoreRules
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(server.ConnectionString);
    private readonly string _schema = $"case_{Guid.NewGuid():N}";

    protected override void Use(WriteAheadLogOptions options) => options.UsePostgres(_ => _source, o => o with { Schema = _schema });

    protected override async ValueTask CleanAsync()
    {
        await using (NpgsqlCommand drop = _source.CreateCommand($"DROP SCHEMA IF EXISTS {_schema} CASCADE"))
            await drop.ExecuteNonQueryAsync();
        await _source.DisposeAsync();
    }
}
