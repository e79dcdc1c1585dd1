using Npgsql;

namespace Actors.Wal.Postgres.Schema;

/// <summary>Claims a store for the first service that opens it, because two services with the same kinds of grains would fence each other.</summary>
internal static class ServiceClaim
{
    /// <exception cref="InvalidOperationException">The store belongs to another service.</exception>
    public static async Task RequireAsync(PostgresLogStoreOptions options, CancellationToken cancellationToken)
    {
        if (options.Service is not { } service)
            return;
        string table = Migrations.Quote(options.Schema) + ".store";
        string? owner = await OwnerAsync(options.DataSource, table, cancellationToken).ConfigureAwait(false);
        if (owner is null)
        {
            await using (NpgsqlCommand claim = options.DataSource.CreateCommand($"UPDATE {table} SET service = $1 WHERE service IS NULL"))
            {
                claim.Parameters.Add(new NpgsqlParameter<string> { TypedValue = service });
                await claim.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            owner = await OwnerAsync(options.DataSource, table, cancellationToken).ConfigureAwait(false);
        }

        if (owner != service)
        {
            throw new InvalidOperationException(
                $"The log in schema '{options.Schema}' belongs to service '{owner}', and this is service '{service}'. Give each service a schema of its own. "
                + $"If the service has a new name: UPDATE {table} SET service = '{service.Replace("'", "''", StringComparison.Ordinal)}'.");
        }
    }

    private static async Task<string?> OwnerAsync(NpgsqlDataSource source, string table, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand($"SELECT service FROM {table}");
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) as string;
    }
}
