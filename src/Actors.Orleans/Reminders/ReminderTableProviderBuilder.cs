using Actors.Orleans.Hosting;
using Actors.Orleans.Reminders;
using Microsoft.Extensions.Configuration;
using Orleans.Providers;

[assembly: RegisterProvider("WriteAheadLog", "Reminders", "Silo", typeof(ReminderTableProviderBuilder))]

namespace Actors.Orleans.Reminders;

/// <summary>
/// Adds the reminder table from the section <c>Orleans:Reminders</c> with <c>ProviderType</c> <c>WriteAheadLog</c>. <c>LogName</c> names the
/// write-ahead log, which has its settings in <c>Orleans:GrainStorage:LOGNAME</c>.
/// </summary>
internal sealed class ReminderTableProviderBuilder : IProviderBuilder<ISiloBuilder>
{
    public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection)
        => builder.UseWriteAheadLogReminders(LogNameSection.Read(configurationSection));
}
