using Actors.Orleans.Postgres;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Actors.Orleans.Tests.Clustering;

/// <summary>Silos that find each other through a pooler, which does not pass on where the tables are looked for.</summary>
public sealed class PooledClusteringTests(TestServer server)
{
    private const string User = "silo_behind_pooler";

    [Theory]
    [InlineData("extra_float_digits")]
    [InlineData("search_path")]
    public async Task A_silo_that_can_not_find_its_tables_says_what_to_do(string ignored)
    {
        await using PgBouncer pooler = await PgBouncer.StartAsync(server.ConnectionString, "session", ignored);
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(pooler.ConnectionString, $"cluster_{Guid.NewGuid():N}"));
        Assert.Contains("its connections don't look there", error.Message, StringComparison.Ordinal);
        Assert.Contains("ignore_startup_parameters = search_path", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_starts_behind_a_pooler_when_the_server_knows_where_its_user_looks()
    {
        string schema = $"cluster_{Guid.NewGuid():N}";
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(server.ConnectionString);
        await using NpgsqlCommand create = source.CreateCommand($"CREATE ROLE {User} SUPERUSER LOGIN; ALTER ROLE {User} SET search_path = {schema}");
        await create.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await using PgBouncer pooler = await PgBouncer.StartAsync(server.ConnectionString, "session", "search_path", User);
        await RunAsync(new NpgsqlConnectionStringBuilder(pooler.ConnectionString) { Username = User }.ConnectionString, schema);
    }

    [Fact]
    public async Task A_silo_whose_cluster_server_refuses_it_says_which_server_and_what_to_do()
    {
        var connection = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Username = "unknown" };
        StoreUnreachableException error = await Assert.ThrowsAsync<StoreUnreachableException>(() => RunAsync(connection.ConnectionString, "members"));
        Assert.StartsWith($"The tables of the cluster, in schema 'members' of database 'postgres' on {connection.Host}:{connection.Port}, can't be used: 28000: role \"unknown\" does not exist", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("is right (Orleans:Clustering:ConnectionString), then start the silo again.", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Starts a silo and stops it.</summary>
    private static async Task RunAsync(string connection, string schema)
    {
        using IHost host = Host.CreateDefaultBuilder()
            .UseOrleans(s => s.UsePostgresClustering(connection, schema).ConfigureEndpoints(FreePorts.One(), FreePorts.One()))
            .Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }
}
