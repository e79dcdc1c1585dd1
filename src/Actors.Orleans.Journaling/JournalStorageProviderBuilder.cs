using Actors.Orleans.Journaling;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Journaling;
using Orleans.Providers;

[assembly: RegisterProvider("WriteAheadLog", "Journaling", "Silo", typeof(JournalStorageProviderBuilder))]
[assembly: RegisterProvider("WriteAheadLog", "GrainJournaling", "Silo", typeof(JournalStorageProviderBuilder))]

namespace Actors.Orleans.Journaling;

/// <summary>
/// Adds journal storage from the section <c>Orleans:GrainJournaling:NAME</c> with <c>ProviderType</c> <c>WriteAheadLog</c>. <c>LogName</c> names
/// the write-ahead log, which has its settings in <c>Orleans:GrainStorage:LOGNAME</c>; <c>JournalFormatKey</c> is Orleans' own setting.
/// </summary>
internal sealed class JournalStorageProviderBuilder : IProviderBuilder<ISiloBuilder>
{
    private const string LogName = "LogName";

    private static readonly string[] KnownKeys = ["ProviderType", LogName, nameof(JournaledStateManagerOptions.JournalFormatKey)];

    public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection)
    {
        foreach (IConfigurationSection child in configurationSection.GetChildren())
        {
            if (!KnownKeys.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                throw new OrleansConfigurationException($"{child.Path} is no setting of journal storage on a write-ahead log; there are {string.Join(", ", KnownKeys)}. Those of the log belong to Orleans:GrainStorage.");
        }

        builder.AddWriteAheadLogJournalStorage(
            name ?? ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME,
            configurationSection[LogName] is { Length: > 0 } logName ? logName : WriteAheadLogOptions.DefaultName);
        if (configurationSection[nameof(JournaledStateManagerOptions.JournalFormatKey)] is { Length: > 0 } format)
            builder.Services.Configure<JournaledStateManagerOptions>(o => o.JournalFormatKey = format);
    }
}
