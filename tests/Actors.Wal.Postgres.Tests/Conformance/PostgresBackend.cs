using Actors.Wal.Conformance;
using Actors.Wal.Postgres.Tests.Servers;
using Npgsql;

namespace Actors.Wal.Postgres.Tests.Conformance;

/// <summary>A schema of its own for each case.</summary>
internal sealed class PostgresBackend(TestServer server) : StoreBackend
{
    private readonly NpgsqlDataSource _source = server.DataSource();
    private readonly string _schema = $"case_{Guid.NewGuid():N}";

    public override bool IsShared => true;

    public override async Task<ILogStore> OpenAsync(StoreSettings settings) => await PostgresLogStore.OpenAsync(new PostgresLogStoreOptions
    {
        DataSource = _source,
        Schema = _schema,
        MaxRecordBytes = settings.MaxRecordBytes,
        Retention = settings.Retention,
        FeedPeriod = TimeSpan.FromMilliseconds(5),
    });

    public override async ValueTask DisposeAsync()
    {
        await using (NpgsqlCommand drop = _source.CreateCommand($"DROP SCHEMA IF EXISTS {_schema} CASCADE"))
            await drop.ExecuteNonQueryAsync();
        await _source.DisposeAsync();
    }
}
