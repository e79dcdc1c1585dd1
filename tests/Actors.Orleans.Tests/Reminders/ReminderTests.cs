using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Orleans.Tests.Jobs;

namespace Actors.Orleans.Tests.Reminders;

/// <summary>Reminders of grains on running silos.</summary>
public abstract class ReminderTests(TestBackend backend) : IAsyncLifetime
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return backend.DisposeAsync();
    }

    [Fact]
    public async Task A_reminder_goes_on_calling_its_grain_after_a_crash_of_its_silo()
    {
        WalCluster cluster = await StartAsync(silos: 1);
        IAlarmGrain alarm = cluster.Client.GetGrain<IAlarmGrain>("a");
        await alarm.Remind("tick", Period);
        await alarm.Remind("forgotten", TimeSpan.FromDays(1));
        await CalledAsync(alarm, "tick", times: 2);
        await alarm.Forget("forgotten");
        await backend.CrashAsync(cluster);
        await using WalCluster restarted = await StartAsync(silos: 1);
        IAlarmGrain again = restarted.Client.GetGrain<IAlarmGrain>("a");
        int before = (await again.GetCalls()).Length;
        Assert.Equal(["tick"], await again.GetReminders());
        await CalledAsync(again, "tick", times: before + 2);
    }

    [Fact]
    public async Task The_reminders_of_a_killed_silo_are_called_by_the_other_one()
    {
        await using WalCluster cluster = await StartAsync(silos: 2);
        IAlarmGrain[] alarms = [.. Enumerable.Range(0, 8).Select(i => cluster.Client.GetGrain<IAlarmGrain>($"{i}"))];
        await Task.WhenAll(alarms.Select(a => a.Remind("tick", Period)));
        await Task.WhenAll(alarms.Select(a => CalledAsync(a, "tick", times: 1)));
        await cluster.Cluster.KillSiloAsync(cluster.Cluster.Silos[1]);
        foreach (IAlarmGrain alarm in alarms)
            await CalledAsync(alarm, "tick", times: await CallsAsync(alarm) + 2);
    }

    private static async Task<int> CallsAsync(IAlarmGrain alarm)
    {
        int calls = 0;
        await PatientlyAsync(async () =>
        {
            calls = (await alarm.GetCalls()).Length;
            return true;
        });
        return calls;
    }

    private static Task CalledAsync(IAlarmGrain alarm, string name, int times)
        => PatientlyAsync(async () => (await alarm.GetCalls()).Count(c => c == name) >= times);

    private static async Task PatientlyAsync(Func<Task<bool>> isDone)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                if (await isDone())
                    return;
            }
            catch (Exception e) when (e is OrleansException or TimeoutException && !patience.IsCancellationRequested)
            {
                // The call was on its way to the silo that was killed.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, patience.Token);
        }
    }

    private Task<WalCluster> StartAsync(short silos) => WalCluster.StartAsync(
        backend,
        silo: s =>
        {
            s.UseWriteAheadLogReminders();
            s.Configure<ReminderOptions>(o => o.MinimumReminderPeriod = Period);
            s.AlarmJobs();
        },
        silos: silos);
}

public sealed class LocalReminderTests() : ReminderTests(new LocalBackend());

public sealed class PostgresReminderTests(TestServer server) : ReminderTests(new PostgresBackend(server));
