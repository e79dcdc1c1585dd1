using Actors.Wal.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;

namespace Actors.Orleans.Postgres;

/// <summary>Keeps write-ahead logs in PostgreSQL.</summary>
public static class PostgresWriteAheadLogExtensions
{
    /// <summary>
    /// Keeps the logs in a PostgreSQL database, which all silos of a cluster share. The store takes the sizes and the retention from the
    /// provider's options. Options for files (<c>Directory</c>, <c>Sync</c>, segments, compaction, quota) do not apply.
    /// </summary>
    /// <param name="options">The provider's options.</param>
    /// <param name="connectionString">
    /// A connection string for Npgsql, which may name TLS settings, a password file and several hosts. <see cref="PostgresConnections"/> says
    /// which defaults differ from those of Npgsql.
    /// </param>
    /// <param name="configure">Changes the store's own options.</param>
    public static WriteAheadLogOptions UsePostgres(
        this WriteAheadLogOptions options, string connectionString, Func<PostgresLogStoreOptions, PostgresLogStoreOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        return options.UsePostgres(_ => PostgresConnections.CreateDataSource(connectionString), configure, ownsDataSource: true);
    }

    /// <summary>Keeps the logs in the database of a data source from the silo's services.</summary>
    /// <param name="options">The provider's options.</param>
    /// <param name="dataSource">Returns the data source: <c>s => s.GetRequiredKeyedService&lt;NpgsqlDataSource&gt;("logs")</c>.</param>
    /// <param name="configure">Changes the store's own options.</param>
    public static WriteAheadLogOptions UsePostgres(
        this WriteAheadLogOptions options, Func<IServiceProvider, NpgsqlDataSource> dataSource, Func<PostgresLogStoreOptions, PostgresLogStoreOptions>? configure = null)
        => options.UsePostgres(dataSource, configure, ownsDataSource: false);

    private static WriteAheadLogOptions UsePostgres(
        this WriteAheadLogOptions options, Func<IServiceProvider, NpgsqlDataSource> dataSource, Func<PostgresLogStoreOptions, PostgresLogStoreOptions>? configure, bool ownsDataSource)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(dataSource);
        options.UseStore(async (services, cancellationToken) => await PostgresLogStore.OpenAsync(ToStore(services), cancellationToken).ConfigureAwait(false));
        options.OpenReader = async (services, cancellationToken) =>
        {
            PostgresLogStoreOptions store = ToStore(services);
            return ($"schema {store.Schema}", await PostgresLogReader.OpenAsync(store, cancellationToken).ConfigureAwait(false));
        };
        return options;

        PostgresLogStoreOptions ToStore(IServiceProvider services)
        {
            var store = new PostgresLogStoreOptions
            {
                DataSource = dataSource(services),
                OwnsDataSource = ownsDataSource,
                Service = services.GetRequiredService<IOptions<ClusterOptions>>().Value.ServiceId,
                Retention = options.Retention,
                MaxRecordBytes = options.MaxRecordBytes,
                MaxBatchBytes = options.MaxBatchBytes,
                MaxWaitingBytes = options.MaxWaitingBytes,
                Time = services.GetRequiredService<TimeProvider>(),
            };
            return configure?.Invoke(store) ?? store;
        }
    }
}
