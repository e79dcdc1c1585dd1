using Npgsql;

namespace Actors.Wal.Postgres.Tests.Servers;

internal static class ServerConfiguration
{
    /// <summary>Changes a setting of the whole server. Its processes take it up a moment later.</summary>
    public static async Task ConfigureServerAsync(this NpgsqlDataSource source, string setting, string value)
    {
        await using (NpgsqlCommand alter = source.CreateCommand($"ALTER SYSTEM SET {setting} = '{value}'"))
            await alter.ExecuteNonQueryAsync();
        await using NpgsqlCommand reload = source.CreateCommand("SELECT pg_reload_conf()");
        await reload.ExecuteNonQueryAsync();
    }
}
