using Actors.Explorer.Tests.Silos;
using Actors.Orleans;
using Actors.Orleans.Postgres;
using Npgsql;

namespace Actors.Explorer.Tests.Browser;

/// <summary>The views of a store in PostgreSQL.</summary>
public sealed class PostgresViewTests(BrowserFixture browser, TestServer server) : ViewRules(browser)
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(server.ConnectionString);
    private readonly string _schema = $"case_{Guid.NewGuid():N}";

    protected override string Verified => "the rows of each stream are a chain";

    protected override void Use(WriteAheadLogOptions options) => options.UsePostgres(_ => _source, o => o with { Schema = _schema });

    protected override async ValueTask CleanAsync()
    {
        await using (NpgsqlCommand drop = _source.CreateCommand($"DROP SCHEMA IF EXISTS {_schema} CASCADE"))
            await drop.ExecuteNonQueryAsync();
        await _source.DisposeAsync();
    }
}
