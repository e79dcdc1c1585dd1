using Actors.Orleans.Reminders;
using Microsoft.Extensions.Configuration;
using Orleans.Providers;

[assembly: RegisterProvider("WriteAheadLog", "Reminders", "Silo", typeof(ReminderTableProviderBuilder))]

namespace Actors.Orleans.Reminders;

/// <summary>
/// Keeps reminders as the section <c>Orleans:Reminders</c> with <c>ProviderType</c> <c>WriteAheadLog</c> says: <c>LogName</c> names the write-ahead
/// log, which has its settings in <c>Orleans:GrainStorage:LOGNAME</c>.
/// </summary>
internal sealed class ReminderTableProviderBuilder : IProviderBuilder<ISiloBuilder>
{
    private const string LogName = "LogName";

    private static readonly string[] KnownKeys = ["ProviderType", LogName];

    public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection)
    {
        foreach (IConfigurationSection child in configurationSection.GetChildren())
        {
            if (!KnownKeys.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                throw new OrleansConfigurationException($"{child.Path} is no setting of reminders in a write-ahead log; there are {string.Join(", ", KnownKeys)}. Those of the log belong to Orleans:GrainStorage.");
        }

        builder.UseWriteAheadLogReminders(configurationSection[LogName] is { Length: > 0 } logName ? logName : WriteAheadLogOptions.DefaultName);
    }
}
