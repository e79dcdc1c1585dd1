using System.Diagnostics.CodeAnalysis;
using Actors.Orleans.Journaling.Journals;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Journaling;

namespace Actors.Orleans.Journaling;

/// <summary>Keeps the journals of durable grains in a write-ahead log.</summary>
[Experimental("ORLEANSEXP005")]
public static class DurableGrainSiloBuilderExtensions
{
    /// <summary>
    /// Keeps all journals of the silo, those of durable grains first of all, in the write-ahead log of this name, which
    /// <see cref="WriteAheadLogSiloBuilderExtensions.AddWriteAheadLog(ISiloBuilder, string, Action{WriteAheadLogOptions})"/> adds.
    /// </summary>
    /// <param name="builder">The silo.</param>
    /// <param name="name">The write-ahead log's name.</param>
    public static ISiloBuilder UseWriteAheadLogForDurableGrains(this ISiloBuilder builder, string name = WriteAheadLogOptions.DefaultName)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        builder.AddJournalStorage();
        builder.Services.AddSingleton(s => new WalJournalStorageProvider(
            () => s.GetWriteAheadLog(name),
            s.GetRequiredService<IOptionsMonitor<WriteAheadLogOptions>>().Get(name),
            s.GetRequiredService<IOptions<JournaledStateManagerOptions>>(),
            s.GetService<IGrainContextAccessor>()));
        builder.Services.AddSingleton<IJournalStorageProvider>(s => s.GetRequiredService<WalJournalStorageProvider>());
        builder.Services.AddSingleton<IJournalStorageCatalog>(s => s.GetRequiredService<WalJournalStorageProvider>());
        return builder;
    }
}
