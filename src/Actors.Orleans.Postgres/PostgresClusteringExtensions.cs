using Actors.Orleans.Postgres.Clustering;
using Microsoft.Extensions.DependencyInjection;

namespace Actors.Orleans.Postgres;

/// <summary>Lets silos and clients find each other through PostgreSQL: Orleans' ADO.NET clustering, with the tables that it needs.</summary>
public static class PostgresClusteringExtensions
{
    /// <summary>The default schema, which is also the default schema of the logs.</summary>
    public const string DefaultSchema = "actors";

    private const string Invariant = "Npgsql";

    /// <summary>Makes this silo a member of a cluster. The tables are created on first use.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="connectionString">A connection string for Npgsql.</param>
    /// <param name="schema">The schema that holds the tables.</param>
    public static ISiloBuilder UsePostgresClustering(this ISiloBuilder builder, string connectionString, string schema = DefaultSchema)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        ArgumentException.ThrowIfNullOrWhiteSpace(schema);
        builder.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(new ClusterTables(connectionString, schema));
        return builder.UseAdoNetClustering(o =>
        {
            o.Invariant = Invariant;
            o.ConnectionString = ClusterTables.InSchema(connectionString, schema);
        });
    }

    /// <summary>Lets this client find the gateways of a cluster that has been started.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="connectionString">A connection string for Npgsql.</param>
    /// <param name="schema">The schema that holds the tables.</param>
    public static IClientBuilder UsePostgresClustering(this IClientBuilder builder, string connectionString, string schema = DefaultSchema)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        ArgumentException.ThrowIfNullOrWhiteSpace(schema);
        return builder.UseAdoNetClustering(o =>
        {
            o.Invariant = Invariant;
            o.ConnectionString = ClusterTables.InSchema(connectionString, schema);
        });
    }
}
