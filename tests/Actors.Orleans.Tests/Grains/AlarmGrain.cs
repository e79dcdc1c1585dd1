using MessagePack;
using Orleans.DurableJobs;

namespace Actors.Orleans.Tests.Grains;

/// <summary>Is called by reminders and by durable jobs; what called it is in its log.</summary>
public interface IAlarmGrain : IGrainWithStringKey
{
    /// <summary>Registers a reminder that is due at once.</summary>
    Task Remind(string name, TimeSpan period);

    Task Forget(string name);

    Task<string[]> GetReminders();

    /// <summary>Schedules a durable job.</summary>
    Task<DurableJob> Schedule(string name, TimeSpan after);

    Task<bool> Cancel(DurableJob job);

    /// <summary>The names of the reminders and jobs that have called, each as often as it has.</summary>
    Task<string[]> GetCalls();
}

[MessagePackObject, Alias("tests.alarm-called")]
public sealed record AlarmCalled([property: Key(0)] string Name);

[MessagePackObject]
public sealed class AlarmCalls : IApply<AlarmCalled>
{
    [Key(0)]
    public List<string> Names { get; set; } = [];

    public void Apply(AlarmCalled change) => Names.Add(change.Name);
}

public sealed class AlarmGrain([GrainLog("calls")] IGrainLog<AlarmCalls, AlarmCalled> calls, ILocalDurableJobManager jobs, TimeProvider time)
    : Grain, IAlarmGrain, IRemindable, IDurableJobHandler
{
    public Task Remind(string name, TimeSpan period) => this.RegisterOrUpdateReminder(name, TimeSpan.Zero, period);

    public async Task Forget(string name) => await this.UnregisterReminder((await this.GetReminder(name))!);

    public async Task<string[]> GetReminders() => [.. (await GrainReminderExtensions.GetReminders(this)).Select(r => r.ReminderName).Order(StringComparer.Ordinal)];

    public Task<DurableJob> Schedule(string name, TimeSpan after)
        => jobs.ScheduleJobAsync(new ScheduleJobRequest { Target = this.GetGrainId(), JobName = name, DueTime = time.GetUtcNow() + after }, CancellationToken.None);

    public Task<bool> Cancel(DurableJob job) => jobs.CancelAsync(job, CancellationToken.None);

    public Task<string[]> GetCalls() => Task.FromResult(calls.State.Names.ToArray());

    public Task ReceiveReminder(string reminderName, TickStatus status) => calls.AppendAsync(new AlarmCalled(reminderName)).AsTask();

    public Task ExecuteJobAsync(IJobRunContext context, CancellationToken attemptCancellationToken) => calls.AppendAsync(new AlarmCalled(context.Job.Name)).AsTask();
}
