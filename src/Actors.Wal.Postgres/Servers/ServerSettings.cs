using Npgsql;

namespace Actors.Wal.Postgres.Servers;

/// <summary>Checks that the server's settings make commits durable.</summary>
internal static class ServerSettings
{
    /// <exception cref="InvalidOperationException">The server has <c>fsync</c> or <c>full_page_writes</c> switched off.</exception>
    public static async Task RequireDurableAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand("SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting <> 'on'");
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        if (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            throw new InvalidOperationException($"The server has {reader.GetString(0)} switched off: what it acknowledges may be gone after loss of power. Switch it on.");
    }
}
