using Actors.Wal.Postgres;
using Npgsql;

namespace Actors.Explorer.Sources;

/// <summary>Makes sources of stores in PostgreSQL.</summary>
internal static class PostgresSources
{
    public static PostgresSource Of(PostgresLogStore store) => new(PlaceOf(store.Options), store.Options, store, store);

    public static async Task<PostgresSource> OpenAsync(PostgresLogStoreOptions options, CancellationToken cancellationToken)
        => new(PlaceOf(options), options, await PostgresLogReader.OpenAsync(options, cancellationToken).ConfigureAwait(false));

    private static string PlaceOf(PostgresLogStoreOptions options)
    {
        var connection = new NpgsqlConnectionStringBuilder(options.DataSource.ConnectionString);
        return $"PostgreSQL, {connection.Host}, database {connection.Database}, schema {options.Schema}";
    }
}
