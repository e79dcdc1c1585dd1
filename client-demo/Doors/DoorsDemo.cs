using System.Net;
using Actors.ClientDemo.Checking;
using Actors.ClientDemo.Clusters;
using Actors.ClientDemo.Running;
using Spectre.Console;

namespace Actors.ClientDemo.Doors;

/// <summary>
/// Runs the doors: calls them all until a kill, starts the silo again and checks everything, once per kill;
/// then calls them for the rest of the time and checks everything again.
/// </summary>
internal sealed class DoorsDemo(DoorsOptions options, IAnsiConsole console)
{
    private readonly IReadOnlyList<Door> _doors = [.. options.Doors.Select(d => DoorCatalogue.Create(d, options.Callers, options.Seed))];
    private readonly Dictionary<Door, int> _beyond = [];
    private TimeSpan _longestRecovery;
    private int _kills;

    public async Task<DoorsResult> RunAsync(CancellationToken cancellationToken)
    {
        JsonFile.RequireDirectory(options.Json);

        // Ctrl-C reaches the token only from the first await on. Before it nothing exists that needs cleanup.
        await Task.Yield();
        console.MarkupLineInterpolated($"Doors: [bold]{string.Join(", ", options.Doors)}[/].");
        console.MarkupLineInterpolated($"Each is called from {options.Callers} callers for {options.Seconds} s, seed {options.Seed}.");
        if (options.Postgres is { } connectionString)
        {
            await using ClusterDatabase database = await ClusterDatabase.OpenAsync(connectionString, null, cancellationToken);
            return await RunAsync(new SiloProcess(new SiloPlace(IPAddress.Loopback), database.Settings), "the database", cancellationToken);
        }

        using var directory = new DemoDirectory(options.Directory);
        return await RunAsync(new SiloProcess(directory.Path), directory.Path, cancellationToken);
    }

    private async Task<DoorsResult> RunAsync(SiloProcess started, string place, CancellationToken cancellationToken)
    {
        await using SiloProcess silo = started;
        TimeSpan start = await silo.StartAsync(cancellationToken);
        console.MarkupLineInterpolated($"Silo process started in {start.TotalSeconds:F1} s, logs in {place}");
        await OpenAsync(silo, cancellationToken);
        var load = new DoorLoad(_doors);
        for (; _kills < options.Kills; _kills++)
        {
            await RunUntilKillAsync(load, silo, cancellationToken);
            TimeSpan recovery = await silo.StartAsync(cancellationToken);
            console.MarkupLineInterpolated($"Started again, ready after {recovery.TotalSeconds:F1} s.");
            _longestRecovery = recovery > _longestRecovery ? recovery : _longestRecovery;
            if (await CheckAsync(silo, cancellationToken) is { IsGood: false } bad)
                return bad with { Kills = _kills + 1 };
        }

        await RunRestAsync(load, silo, cancellationToken);
        return await CheckAsync(silo, cancellationToken);
    }

    private async Task OpenAsync(SiloProcess silo, CancellationToken cancellationToken)
    {
        await using BankClient client = await BankClient.ConnectAsync(silo.Gateway, cancellationToken);
        await Task.WhenAll(_doors.Select(d => d.OpenAsync(client.Grains, cancellationToken)));
    }

    private async Task RunUntilKillAsync(DoorLoad load, SiloProcess silo, CancellationToken cancellationToken)
    {
        var killAt = TimeSpan.FromMilliseconds(KillPlan.Point(1000 * options.Seconds, options.Kills, _kills, options.Seed));
        await console.ProgressAsync("Calling until the kill", (long)(killAt - load.Elapsed).TotalMilliseconds, task => KilledRun.RunAsync(
            silo,
            killCommand: null,
            (client, killed) => load.RunAsync(client, killed, killed),
            running => load.FollowAsync(running, killAt, task, cancellationToken),
            cancellationToken));
        int underWay = _doors.Sum(d => d.Lanes.Count(l => l.IsUnderWay));
        console.MarkupLineInterpolated($"Killed with SIGKILL: {_doors.Sum(d => d.Done):N0} calls acknowledged, {underWay} under way.");
    }

    private async Task RunRestAsync(DoorLoad load, SiloProcess silo, CancellationToken cancellationToken)
    {
        await using BankClient client = await BankClient.ConnectAsync(silo.Gateway, cancellationToken);
        using var end = new CancellationTokenSource();
        var until = TimeSpan.FromSeconds(options.Seconds);
        await console.ProgressAsync("Calling for the rest", (long)(until - load.Elapsed).TotalMilliseconds, async task =>
        {
            Task running = load.RunAsync(client, end.Token, cancellationToken);
            await load.FollowAsync(running, until, task, cancellationToken);
            await end.CancelAsync();
            await running;
            cancellationToken.ThrowIfCancellationRequested();
        });
    }

    private async Task<DoorsResult> CheckAsync(SiloProcess silo, CancellationToken cancellationToken)
    {
        await using BankClient client = await BankClient.ConnectAsync(silo.Gateway, cancellationToken);
        var checks = new Dictionary<Door, CheckResult>();
        await console.ProgressAsync("Reading every grain back", _doors.Count, async task =>
        {
            foreach (Door door in _doors)
            {
                checks.Add(door, await door.CheckAsync(client.Grains, cancellationToken));
                task.Increment(1);
            }
        });
        foreach (string finding in checks.Values.SelectMany(c => c.Findings))
            console.MarkupLineInterpolated($"[red]{finding}[/]");
        return new DoorsResult
        {
            Doors = [.. _doors.Select(d => ResultOf(d, checks[d]))],
            Kills = _kills,
            RecoveryMs = Math.Round(_longestRecovery.TotalMilliseconds, 1),
            Money = _doors.OfType<TransferDoor>().Select(MoneyOf).SingleOrDefault(),
        };
    }

    private DoorResult ResultOf(Door door, CheckResult check)
    {
        int beyond = _beyond[door] = _beyond.GetValueOrDefault(door) + check.Beyond;
        return new DoorResult
        {
            Door = door.Name,
            Acknowledged = door.Done - beyond,
            Lost = check.Lost,
            Beyond = beyond,
            Mismatched = check.Mismatched,
        };
    }

    private static MoneyResult MoneyOf(TransferDoor door) => new()
    {
        Before = door.MoneyBefore,
        After = door.MoneyAfter,
        Repeated = door.Repeated,
        Refused = door.Refused,
    };
}
