using Npgsql;

namespace Actors.Wal.Postgres.Servers;

/// <summary>What a server must do for its answers to be worth something.</summary>
internal static class ServerSettings
{
    /// <exception cref="InvalidOperationException">It does not.</exception>
    public static async Task RequireDurableAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand("SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting <> 'on'");
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        if (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            throw new InvalidOperationException($"The server has {reader.GetString(0)} switched off: what it acknowledges may be gone after loss of power. Switch it on.");
    }
}
