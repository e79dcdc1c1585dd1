using Actors.Orleans.Hosting;
using Actors.Orleans.Postgres;
using Actors.Wal.Postgres;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Providers;

[assembly: RegisterProvider("PostgresWriteAheadLog", "GrainStorage", "Silo", typeof(PostgresWriteAheadLogProviderBuilder))]

namespace Actors.Orleans.Postgres;

/// <summary>
/// Adds a provider from the section <c>Orleans:GrainStorage:NAME</c> with <c>ProviderType</c> <c>PostgresWriteAheadLog</c>. The section has
/// the settings of a write-ahead log, and its subsection <c>Postgres</c> those of the store. <c>Postgres:ConnectionString</c> names the
/// server, or <c>ServiceKey</c> does, which is the key of an <see cref="NpgsqlDataSource"/> among the services.
/// </summary>
internal sealed class PostgresWriteAheadLogProviderBuilder : IProviderBuilder<ISiloBuilder>
{
    private const string Section = "Postgres";

    private static readonly string[] KnownKeys =
        ["ConnectionString", nameof(PostgresLogStoreOptions.Schema), nameof(PostgresLogStoreOptions.Partitions), nameof(PostgresLogStoreOptions.Patience), nameof(PostgresLogStoreOptions.FencePeriod), nameof(PostgresLogStoreOptions.FeedPeriod), nameof(PostgresLogStoreOptions.TrimAfter), nameof(PostgresLogStoreOptions.TrimPeriod)];

    public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection)
    {
        IConfigurationSection postgres = configurationSection.GetSection(Section);
        foreach (IConfigurationSection child in postgres.GetChildren())
        {
            if (!KnownKeys.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                throw new OrleansConfigurationException($"{child.Path} is no setting of a log in PostgreSQL; there are {string.Join(", ", KnownKeys)}.");
        }

        builder.AddWriteAheadLog(name ?? WriteAheadLogOptions.DefaultName, options =>
        {
            WriteAheadLogProviderBuilder.Bind(options, configurationSection, Section);
            if (configurationSection["ServiceKey"] is { Length: > 0 } key)
                options.UsePostgres(s => s.GetRequiredKeyedService<NpgsqlDataSource>(key), o => Bind(o, postgres));
            else if (postgres["ConnectionString"] is { Length: > 0 } connectionString)
                options.UsePostgres(connectionString, o => Bind(o, postgres));
            else
                throw new OrleansConfigurationException($"{postgres.Path}:ConnectionString is missing, and so is {configurationSection.Path}:ServiceKey; name the server in one of them.");
        });
    }

    private static PostgresLogStoreOptions Bind(PostgresLogStoreOptions options, IConfigurationSection section)
    {
        try
        {
            return options with
            {
                Schema = section[nameof(options.Schema)] ?? options.Schema,
                Partitions = section.GetValue(nameof(options.Partitions), options.Partitions),
                Patience = section.GetValue(nameof(options.Patience), options.Patience),
                FencePeriod = section.GetValue(nameof(options.FencePeriod), options.FencePeriod),
                FeedPeriod = section.GetValue(nameof(options.FeedPeriod), options.FeedPeriod),
                TrimAfter = section.GetValue(nameof(options.TrimAfter), options.TrimAfter),
                TrimPeriod = section.GetValue(nameof(options.TrimPeriod), options.TrimPeriod),
            };
        }
        catch (InvalidOperationException e)
        {
            throw new OrleansConfigurationException($"A setting in {section.Path} is wrong: {e.Message}", e);
        }
    }
}
