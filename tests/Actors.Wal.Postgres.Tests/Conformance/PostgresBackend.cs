using Actors.Wal.Conformance;
using Actors.Wal.Postgres.Tests.Servers;
using Npgsql;

namespace Actors.Wal.Postgres.Tests.Conformance;

/// <summary>A schema of its own for each case.</summary>
internal sealed class PostgresBackend(TestServer server, int partitions = 0) : StoreBackend
{
    private readonly NpgsqlDataSource _source = server.DataSource();
    private readonly string _schema = $"case_{Guid.NewGuid():N}";
    private ServerClock? _clock;

    public override bool IsShared => true;

    public override async Task<ILogStore> OpenAsync(StoreSettings settings)
    {
        if (settings.Time is ManualTime time)
            _clock ??= await ServerClock.StartAsync(server, time);
        return await PostgresLogStore.OpenAsync(new PostgresLogStoreOptions
        {
            DataSource = _clock?.Source ?? _source,
            Schema = _schema,
            Partitions = partitions,
            MaxRecordBytes = settings.MaxRecordBytes,
            Retention = settings.Retention,
            FencePeriod = TimeSpan.FromMilliseconds(20),
            FeedPeriod = TimeSpan.FromMilliseconds(5),
        });
    }

    public override async ValueTask DisposeAsync()
    {
        await using (NpgsqlCommand drop = _source.CreateCommand($"DROP SCHEMA IF EXISTS {_schema} CASCADE"))
            await drop.ExecuteNonQueryAsync();
        if (_clock is not null)
            await _clock.DisposeAsync();
        await _source.DisposeAsync();
    }
}
