using Npgsql;

namespace Actors.Wal.Postgres.Tests.Servers;

/// <summary>Schemas that are dropped with their test.</summary>
public sealed class TestSchemas(TestServer server) : IAsyncDisposable
{
    private readonly List<string> _schemas = [];

    public NpgsqlDataSource Source { get; } = server.DataSource();

    /// <summary>The schema that was made last.</summary>
    public string Last => _schemas[^1];

    /// <summary>The options of a store in a schema of its own.</summary>
    public PostgresLogStoreOptions New()
    {
        _schemas.Add($"case_{Guid.NewGuid():N}");
        return new PostgresLogStoreOptions { DataSource = Source, Schema = _schemas[^1] };
    }

    public async Task<long> ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = Source.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using NpgsqlCommand command = Source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (string schema in _schemas)
            await ExecuteAsync($"DROP SCHEMA IF EXISTS {schema} CASCADE");
        await Source.DisposeAsync();
    }
}
