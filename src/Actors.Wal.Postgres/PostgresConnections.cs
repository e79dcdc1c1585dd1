using Npgsql;

namespace Actors.Wal.Postgres;

/// <summary>
/// Makes data sources with what Npgsql's defaults are unfit for in a cluster. Only what a connection string does not set is changed.
/// </summary>
public static class PostgresConnections
{
    /// <summary>
    /// The most connections of a store, by default. A store keeps at most 5 open: 3 for commits, 1 for openings, 1 for questions about owners.
    /// The others are for reads, which wait for a free one. With <see cref="MaxForClustering"/>, 4 silos stay below the 97 connections that
    /// a server accepts by default. Npgsql's own default, 100, lets one silo take all of them.
    /// </summary>
    public const int MaxForStore = 20;

    /// <summary>The most connections of a silo's membership, by default.</summary>
    public const int MaxForClustering = 4;

    /// <summary>Makes a data source for a store.</summary>
    /// <param name="connectionString">A connection string for Npgsql. Its Maximum Pool Size and GSS Encryption Mode are used if it has them.</param>
    public static NpgsqlDataSource CreateDataSource(string connectionString)
        => NpgsqlDataSource.Create(WithDefaults(new NpgsqlConnectionStringBuilder(connectionString), MaxForStore));

    internal static NpgsqlConnectionStringBuilder WithDefaults(NpgsqlConnectionStringBuilder connection, int maxPoolSize)
    {
        string[] given = [.. connection.Keys];
        if (!given.Contains("Maximum Pool Size"))
            connection.MaxPoolSize = Math.Max(maxPoolSize, connection.MinPoolSize);

        // With Prefer, Npgsql's default, each connection loads a Kerberos library first, and images that lack it get an error logged.
        if (!given.Contains("GSS Encryption Mode") && Environment.GetEnvironmentVariable("PGGSSENCMODE") is null)
            connection.GssEncryptionMode = GssEncryptionMode.Disable;
        return connection;
    }
}
