using System.Diagnostics.CodeAnalysis;
using Actors.Orleans.Hosting;
using Actors.Orleans.Journaling.Journals;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Journaling;
using Orleans.Providers;

namespace Actors.Orleans.Journaling;

/// <summary>Keeps Orleans' journals in a write-ahead log: those of durable grains, durable jobs, and other components that use journals.</summary>
[Experimental("ORLEANSEXP005")]
public static class JournalStorageSiloBuilderExtensions
{
    /// <summary>
    /// Adds journal storage on a write-ahead log, which
    /// <see cref="WriteAheadLogSiloBuilderExtensions.AddWriteAheadLog(ISiloBuilder, string, Action{WriteAheadLogOptions})"/> adds.
    /// </summary>
    /// <param name="builder">The silo.</param>
    /// <param name="name">The storage's name. <c>Default</c> keeps the journals of durable grains, and all journals that name no other.</param>
    /// <param name="logName">The write-ahead log's name. Journal storages on one log see the same journals.</param>
    public static ISiloBuilder AddWriteAheadLogJournalStorage(
        this ISiloBuilder builder, string name = ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, string logName = WriteAheadLogOptions.DefaultName)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(logName);
        builder.Services.AddSingleton<IConfigurationValidator>(s => new LogNameValidator(s, $"Journal storage '{name}'", logName));
        return builder.AddJournalStorage(name, s => new WalJournalStorageProvider(
            () => s.GetWriteAheadLog(logName),
            s.GetRequiredService<IOptionsMonitor<WriteAheadLogOptions>>().Get(logName),
            s.GetRequiredService<IOptions<JournaledStateManagerOptions>>(),
            s.GetService<IGrainContextAccessor>()));
    }
}
