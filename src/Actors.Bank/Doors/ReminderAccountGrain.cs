using System.Globalization;
using Orleans.Timers;

namespace Actors.Bank.Doors;

/// <summary>The account of the door <see cref="IRemindable"/>.</summary>
[Alias("bank.doors.IReminderAccountGrain")]
public interface IReminderAccountGrain : IDoorAccountGrain;

/// <summary>Registers a reminder for each booking, with number and amount as its name. They are due in a day.</summary>
[GrainType("reminderaccount")]
public sealed class ReminderAccountGrain(IGrainContext context, IReminderRegistry reminders) : Grain, IReminderAccountGrain, IRemindable
{
    private static readonly TimeSpan Period = TimeSpan.FromDays(1);

    /// <inheritdoc/>
    public Task Book(long number, long amount)
        => reminders.RegisterOrUpdateReminder(context.GrainId, string.Create(CultureInfo.InvariantCulture, $"{number}:{amount}"), Period, Period);

    /// <inheritdoc/>
    public async Task<AccountTotals> GetTotals()
    {
        List<IGrainReminder> registered = await reminders.GetReminders(context.GrainId);
        return new AccountTotals(registered.Count, registered.Sum(r => long.Parse(r.ReminderName[(r.ReminderName.IndexOf(':', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture)));
    }

    /// <inheritdoc/>
    public Task ReceiveReminder(string reminderName, TickStatus status) => Task.CompletedTask;
}
