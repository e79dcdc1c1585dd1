using System.Net;
using Actors.Orleans.Tests.Grains;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Actors.Orleans.Tests.Hosting;

/// <summary>Silos that are told by configuration alone to keep logs and membership in PostgreSQL.</summary>
public sealed class PostgresConfigurationTests(TestServer server) : IAsyncLifetime
{
    private readonly string _schema = $"settings_{Guid.NewGuid():N}";
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(server.ConnectionString);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await using (NpgsqlCommand drop = _source.CreateCommand($"DROP SCHEMA IF EXISTS {_schema} CASCADE"))
            await drop.ExecuteNonQueryAsync();
        await _source.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Logs_and_membership_are_where_the_settings_say(bool keyed)
    {
        (string, string?) where = keyed ? ("GrainStorage:wal:ServiceKey", "logs") : ("GrainStorage:wal:Postgres:ConnectionString", server.ConnectionString);
        for (int i = 1; i <= 2; i++)
        {
            using IHost host = Build(
                services => services.AddKeyedSingleton("logs", _source),
                where,
                ("GrainStorage:wal:Postgres:Schema", _schema),
                ("GrainStorage:wal:Postgres:Partitions", "4"),
                ("Clustering:ProviderType", "Postgres"),
                ("Clustering:ConnectionString", server.ConnectionString),
                ("Clustering:Schema", _schema));
            await host.StartAsync(TestContext.Current.CancellationToken);
            Assert.Equal(i, await host.Services.GetRequiredService<IGrainFactory>().GetGrain<INotebookGrain>("n").Write($"{i}"));
            await host.StopAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(4, await CountAsync($"SELECT count(*) FROM pg_inherits WHERE inhparent = '{_schema}.event'::regclass"));
        Assert.Equal(2, await CountAsync($"SELECT count(*) FROM {_schema}.silo"));
    }

    [Theory]
    [InlineData("GrainStorage:wal:Postgres:Scheme", "x", "Orleans:GrainStorage:wal:Postgres:Scheme is no setting of a log in PostgreSQL")]
    [InlineData("GrainStorage:wal:Segmentbites", "1", "is no setting of a write-ahead log")]
    [InlineData("GrainStorage:wal:Postgres:Patience", "soon", "A setting in Orleans:GrainStorage:wal:Postgres is wrong")]
    [InlineData("GrainStorage:wal:Postgres:FencePeriod", "00:01:00", "FencePeriod is 00:01:00; it must be 10 ms to 20 seconds")]
    [InlineData("GrainStorage:wal:Postgres:Partitions", "5000", "Partitions is 5000; it must be 0 to 1024")]
    [InlineData("GrainStorage:wal:Postgres:ConnectionString", "", "Postgres:ConnectionString is missing, and so is Orleans:GrainStorage:wal:ServiceKey")]
    [InlineData("Clustering:ProviderType", "Postgres", "Orleans:Clustering:ConnectionString is missing")]
    public async Task A_wrong_setting_is_told_at_start(string key, string value, string message)
    {
        Exception error = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using IHost host = Build(_ => { }, ("GrainStorage:wal:Postgres:ConnectionString", server.ConnectionString), ("GrainStorage:wal:Postgres:Schema", _schema), (key, value));
            await host.StartAsync(TestContext.Current.CancellationToken);
        });
        Assert.Contains(message, error.ToString(), StringComparison.Ordinal);
    }

    private static IHost Build(Action<IServiceCollection> configure, params (string Key, string? Value)[] settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Orleans:ClusterId"] = "c",
            ["Orleans:ServiceId"] = "s",
            ["Orleans:GrainStorage:wal:ProviderType"] = "PostgresWriteAheadLog",
        });
        foreach ((string key, string? value) in settings)
            builder.Configuration[$"Orleans:{key}"] = value;
        configure(builder.Services);
        int[] ports = FreePorts.Take(2);
        builder.UseOrleans(s =>
        {
            s.EndDirectory().ConfigureEndpoints(IPAddress.Loopback, ports[0], ports[1]);
            if (!settings.Any(x => x.Key.StartsWith("Clustering", StringComparison.Ordinal)))
                s.UseDevelopmentClustering(new IPEndPoint(IPAddress.Loopback, ports[0]));
        });
        return builder.Build();
    }

    private async Task<long> CountAsync(string sql)
    {
        await using NpgsqlCommand command = _source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
