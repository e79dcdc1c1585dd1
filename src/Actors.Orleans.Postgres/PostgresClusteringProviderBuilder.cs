using Actors.Orleans.Postgres;
using Microsoft.Extensions.Configuration;
using Orleans.Providers;

[assembly: RegisterProvider("Postgres", "Clustering", "Silo", typeof(PostgresClusteringProviderBuilder))]
[assembly: RegisterProvider("Postgres", "Clustering", "Client", typeof(PostgresClusteringProviderBuilder))]

namespace Actors.Orleans.Postgres;

/// <summary>Sets clustering up from the section <c>Orleans:Clustering</c> with <c>ProviderType</c> <c>Postgres</c>, <c>ConnectionString</c> and <c>Schema</c>.</summary>
internal sealed class PostgresClusteringProviderBuilder : IProviderBuilder<ISiloBuilder>, IProviderBuilder<IClientBuilder>
{
    public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection)
        => builder.UsePostgresClustering(ConnectionString(configurationSection), Schema(configurationSection));

    public void Configure(IClientBuilder builder, string? name, IConfigurationSection configurationSection)
        => builder.UsePostgresClustering(ConnectionString(configurationSection), Schema(configurationSection));

    private static string ConnectionString(IConfigurationSection section)
        => section["ConnectionString"] is { Length: > 0 } connectionString
            ? connectionString
            : throw new OrleansConfigurationException($"{section.Path}:ConnectionString is missing; name the server.");

    private static string Schema(IConfigurationSection section) => section["Schema"] is { Length: > 0 } schema ? schema : PostgresClusteringExtensions.DefaultSchema;
}
