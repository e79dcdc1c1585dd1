using Actors.Cli.Tests;
using Actors.Wal.Postgres;
using Npgsql;

[assembly: AssemblyFixture(typeof(TestServer))]

namespace Actors.Cli.Tests;

/// <summary>The server of all cases; each has schemas of its own.</summary>
public sealed class TestServer : PostgresServer, IAsyncLifetime
{
    public static string NewSchema() => $"case_{Guid.NewGuid():N}";

    /// <summary>A store's address as a user writes it.</summary>
    public string Address(string schema)
    {
        var connection = new NpgsqlConnectionStringBuilder(ConnectionString);
        return $"postgres://{connection.Username}@{connection.Host}:{connection.Port}/{connection.Database}?schema={schema}";
    }

    public PostgresLogStoreOptions Options(string schema) => new() { DataSource = NpgsqlDataSource.Create(ConnectionString), OwnsDataSource = true, Schema = schema };

    public Task<PostgresLogStore> OpenAsync(string schema) => PostgresLogStore.OpenAsync(Options(schema));

    public Task<PostgresLogReader> ReadAsync(string schema) => PostgresLogReader.OpenAsync(Options(schema));

    public async Task<long> CountAsync(string sql)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(ConnectionString);
        await using NpgsqlCommand command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync() as long? ?? 0;
    }
}
