using Npgsql;

namespace Actors.Wal.Postgres.Tests.Servers;

public sealed class PostgresConnectionsTests
{
    /// <summary>The defaults let four silos share a server that has its own default of connections.</summary>
    [Fact]
    public async Task A_data_source_with_the_defaults_takes_no_more_than_its_share()
    {
        await using NpgsqlDataSource source = PostgresConnections.CreateDataSource("Host=db;Username=silo");
        var connection = new NpgsqlConnectionStringBuilder(source.ConnectionString);
        Assert.Equal(20, connection.MaxPoolSize);
        Assert.Equal(GssEncryptionMode.Disable, connection.GssEncryptionMode);
        Assert.True(4 * (PostgresConnections.MaxForStore + PostgresConnections.MaxForClustering) <= 97);
    }

    [Theory]
    [InlineData("Maximum Pool Size=7", 7, GssEncryptionMode.Disable)]
    [InlineData("MaxPoolSize=100", 100, GssEncryptionMode.Disable)]
    [InlineData("Minimum Pool Size=30", 30, GssEncryptionMode.Disable)]
    [InlineData("GSS Encryption Mode=Prefer", 20, GssEncryptionMode.Prefer)]
    [InlineData("GssEncryptionMode=Require", 20, GssEncryptionMode.Require)]
    public async Task What_a_connection_string_sets_is_kept(string setting, int maxPoolSize, GssEncryptionMode gss)
    {
        await using NpgsqlDataSource source = PostgresConnections.CreateDataSource($"Host=db;Username=silo;{setting}");
        var connection = new NpgsqlConnectionStringBuilder(source.ConnectionString);
        Assert.Equal((maxPoolSize, gss), (connection.MaxPoolSize, connection.GssEncryptionMode));
    }
}
