using System.Net;
using Actors.ClientDemo.Checking;
using Actors.ClientDemo.Ledgers;
using Actors.ClientDemo.Running;
using Actors.ClientDemo.Statements;
using Spectre.Console;

namespace Actors.ClientDemo;

/// <summary>
/// The demo from start to end: run a part of the ledger, kill the silo, start it again, check everything, as often as asked
/// for; then run the rest and check everything again. Against a silo of somebody else's there is no kill and one check.
/// </summary>
internal sealed class Demo(DemoOptions options, IAnsiConsole console)
{
    // Accounts on a shared silo are new ones, so that their whole history is this run's.
    private readonly long _firstAccount = options.Connect is null ? 0 : TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000;

    public async Task<DemoResult> RunAsync(CancellationToken cancellationToken)
    {
        JsonFile.RequireDirectory(options.Json);

        // Ctrl-C reaches the token only from the first await on; before it there must be nothing to clean up.
        Ledger ledger = await Task.Run(ReadLedger, cancellationToken).WaitAsync(cancellationToken);
        if (options.Statement is { } statement && !ledger.Accounts.Contains(_firstAccount + statement.Account))
            throw new DemoException($"--statement: the ledger has no account {statement.Account}.");
        console.MarkupLineInterpolated($"Ledger: [bold]{ledger.Steps.Count:N0}[/] transactions on [bold]{ledger.Accounts.Count:N0}[/] accounts, {options.Callers} callers, seed {options.Seed}.");
        return options.Connect is { } endpoint
            ? await RunConnectedAsync(ledger, await ResolveAsync(endpoint, cancellationToken), cancellationToken)
            : await RunOwnSiloAsync(ledger, cancellationToken);
    }

    private Ledger ReadLedger() => options.Ledger is { } file
        ? CsvLedger.Read(file, _firstAccount)
        : GeneratedLedger.Create(options.Accounts, options.Events, options.Seed, _firstAccount);

    private async Task<DemoResult> RunConnectedAsync(Ledger ledger, IPEndPoint gateway, CancellationToken cancellationToken)
    {
        await using BankClient client = await BankClient.ConnectAsync(gateway, cancellationToken);
        var run = new LedgerRun(ledger, options.Callers);
        await console.ProgressAsync("Running the ledger", ledger.Steps.Count, task => RunAsync(run, client, task, long.MaxValue, cancellationToken));
        CheckResult check = await CheckAsync(ledger, client, cancellationToken);
        return await WithStatementAsync(ResultOf(ledger, run, check, new KillTotals()), client);
    }

    private async Task<DemoResult> RunOwnSiloAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        using var directory = new DemoDirectory(options.Directory);
        await using var silo = new SiloProcess(directory.Path);
        TimeSpan start = await silo.StartAsync(cancellationToken);
        console.MarkupLineInterpolated($"Silo process started in {start.TotalSeconds:F1} s, logs in {directory.Path}");
        var run = new LedgerRun(ledger, options.Callers);
        var totals = new KillTotals();
        for (int kill = 0; kill < options.Kills; kill++)
        {
            long killAt = Math.Max(KillPlan.Point(ledger.Steps.Count, options.Kills, kill, options.Seed), run.Acknowledged + 1);
            await console.ProgressAsync("Running until the kill", killAt - run.Acknowledged, task => RunUntilKillAsync(run, silo, killAt, task, cancellationToken));
            long before = ledger.Steps.Where(s => s.Outcome == StepOutcome.Acknowledged).Sum(s => (long)s.EventCount);
            int inFlight = ledger.Steps.Count(s => s.Outcome == StepOutcome.Unknown);
            console.MarkupLineInterpolated($"Killed with {options.KillCommand ?? "SIGKILL"}: {before:N0} events acknowledged, {inFlight} calls under way.");

            TimeSpan recovery = await silo.StartAsync(cancellationToken);
            console.MarkupLineInterpolated($"Started again on the same directory, ready after {recovery.TotalSeconds:F1} s.");
            await using BankClient again = await BankClient.ConnectAsync(silo.Gateway, cancellationToken);
            CheckResult afterKill = await CheckAsync(ledger, again, cancellationToken);
            totals.Add(recovery, afterKill.Beyond, (await silo.ReadCountsAsync(cancellationToken)).ReplayedEvents);
            if (afterKill.Lost > 0 || afterKill.Mismatched > 0)
                return ResultOf(ledger, run, afterKill, totals);
        }

        await using BankClient client = await BankClient.ConnectAsync(silo.Gateway, cancellationToken);
        await console.ProgressAsync("Running the rest", ledger.Steps.Count - run.Acknowledged, task => RunAsync(run, client, task, long.MaxValue, cancellationToken));
        DemoResult result = ResultOf(ledger, run, await CheckAsync(ledger, client, cancellationToken), totals);
        return await WithStatementAsync(result, client);
    }

    private Task RunUntilKillAsync(LedgerRun run, SiloProcess silo, long killAt, ProgressTask task, CancellationToken cancellationToken)
        => KilledRun.RunAsync(
            silo,
            options.KillCommand,
            run.RunAsync,
            running => FollowAsync(run, running, task, killAt, cancellationToken),
            cancellationToken);

    private static async Task RunAsync(LedgerRun run, BankClient client, ProgressTask task, long until, CancellationToken cancellationToken)
    {
        Task running = run.RunAsync(client, cancellationToken);
        await FollowAsync(run, running, task, until, cancellationToken);
        await running;
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Shows progress until so many steps were acknowledged, or the run ended.</summary>
    private static async Task FollowAsync(LedgerRun run, Task running, ProgressTask task, long until, CancellationToken cancellationToken)
    {
        long start = run.Acknowledged;
        while (!running.IsCompleted && run.Acknowledged < until)
        {
            task.Value = run.Acknowledged - start;
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
        }

        task.Value = run.Acknowledged - start;
    }

    private async Task<CheckResult> CheckAsync(Ledger ledger, BankClient client, CancellationToken cancellationToken)
    {
        CheckResult? result = null;
        await console.ProgressAsync("Reading every account back", ledger.Accounts.Count, async task =>
            result = await new LedgerCheck(ledger).RunAsync(client, n => task.Increment(n), cancellationToken));
        foreach (string finding in result!.Findings)
            console.MarkupLineInterpolated($"[red]{finding}[/]");
        return result;
    }

    private static DemoResult ResultOf(Ledger ledger, LedgerRun run, CheckResult check, KillTotals totals) => new()
    {
        Acknowledged = ledger.Steps.Where(s => s.Outcome == StepOutcome.Acknowledged).Sum(s => (long)s.EventCount) - totals.Beyond,
        Lost = check.Lost,
        Beyond = totals.Beyond,
        Mismatched = check.Mismatched,
        ThroughputPerSecond = Math.Round(run.PerSecond, 1),
        P50Ms = Math.Round(run.PercentileMs(0.5), 3),
        P99Ms = Math.Round(run.PercentileMs(0.99), 3),
        RecoveryMs = Math.Round(totals.LongestRecovery.TotalMilliseconds, 1),
        ReplayedEvents = totals.Replayed,
        Kills = totals.Kills,
    };

    private async Task<DemoResult> WithStatementAsync(DemoResult result, BankClient client)
        => options.Statement is { } wanted && result.IsGood
            ? result with { Statement = await AccountStatement.ReadAsync(client.Account(_firstAccount + wanted.Account), wanted) }
            : result;

    private static async Task<IPEndPoint> ResolveAsync((string Host, int Port) endpoint, CancellationToken cancellationToken)
    {
        try
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(endpoint.Host, System.Net.Sockets.AddressFamily.InterNetwork, cancellationToken);
            return new IPEndPoint(addresses[0], endpoint.Port);
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or IndexOutOfRangeException)
        {
            throw new DemoException($"--connect: the host '{endpoint.Host}' can't be resolved: {e.Message}");
        }
    }

    /// <summary>What the kills came to.</summary>
    private sealed class KillTotals
    {
        public int Kills { get; private set; }

        public int Beyond { get; private set; }

        public TimeSpan LongestRecovery { get; private set; }

        public long Replayed { get; private set; }

        public void Add(TimeSpan recovery, int beyond, long replayed)
        {
            Kills++;
            Beyond += beyond;
            Replayed += replayed;
            LongestRecovery = recovery > LongestRecovery ? recovery : LongestRecovery;
        }
    }
}
