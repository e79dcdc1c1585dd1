using Actors.Orleans.Hosting;
using Actors.Orleans.Journaling;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Journaling;
using Orleans.Providers;

[assembly: RegisterProvider("WriteAheadLog", "Journaling", "Silo", typeof(JournalStorageProviderBuilder))]
[assembly: RegisterProvider("WriteAheadLog", "GrainJournaling", "Silo", typeof(JournalStorageProviderBuilder))]

namespace Actors.Orleans.Journaling;

/// <summary>
/// Adds journal storage from the section <c>Orleans:Journaling:NAME</c> with <c>ProviderType</c> <c>WriteAheadLog</c>. <c>LogName</c> names
/// the write-ahead log, which has its settings in <c>Orleans:GrainStorage:LOGNAME</c>; <c>JournalFormatKey</c> is Orleans' own setting.
/// Orleans' providers register the kind as <c>GrainJournaling</c>, and its runtime (10.4.2) reads <c>Journaling</c>: it is registered as both.
/// </summary>
internal sealed class JournalStorageProviderBuilder : IProviderBuilder<ISiloBuilder>
{
    public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection)
    {
        string logName = LogNameSection.Read(configurationSection, nameof(JournaledStateManagerOptions.JournalFormatKey));
        builder.AddWriteAheadLogJournalStorage(name ?? ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, logName);
        if (configurationSection[nameof(JournaledStateManagerOptions.JournalFormatKey)] is { Length: > 0 } format)
            builder.Services.Configure<JournaledStateManagerOptions>(o => o.JournalFormatKey = format);
    }
}
