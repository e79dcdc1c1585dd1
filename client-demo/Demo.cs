using System.Net;
using Actors.ClientDemo.Checking;
using Actors.ClientDemo.Clusters;
using Actors.ClientDemo.Ledgers;
using Actors.ClientDemo.Running;
using Actors.ClientDemo.Statements;
using Spectre.Console;

namespace Actors.ClientDemo;

/// <summary>
/// Runs the demo: runs a part of the ledger, kills the silo, starts it again and checks everything, once per kill;
/// then runs the rest and checks everything again. On an existing cluster there is no kill and one check.
/// </summary>
internal sealed class Demo(DemoOptions options, IAnsiConsole console)
{
    // On a shared silo all accounts are new ones, so that this run wrote their whole history.
    private readonly long _firstAccount = options.Connect.Count == 0 ? 0 : TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000;

    // The demo sends no calls to its own silo while that is down. A silo of an existing cluster may disappear at any time.
    private readonly Patience _patience = options.Connect.Count > 0 ? Patience.OfClusters() : Patience.None();

    public async Task<DemoResult> RunAsync(CancellationToken cancellationToken)
    {
        JsonFile.RequireDirectory(options.Json);

        // Ctrl-C reaches the token only from the first await on. Before it nothing exists that needs cleanup.
        Ledger ledger = await Task.Run(ReadLedger, cancellationToken).WaitAsync(cancellationToken);
        if (options.Statement is { } statement && !ledger.Accounts.Contains(_firstAccount + statement.Account))
            throw new DemoException($"--statement: the ledger has no account {statement.Account}.");
        console.MarkupLineInterpolated($"Ledger: [bold]{ledger.Steps.Count:N0}[/] transactions on [bold]{ledger.Accounts.Count:N0}[/] accounts, {options.Callers} callers, seed {options.Seed}.");
        if (options.Chaos is { } chaos)
            return await new ChaosDemo(options, chaos, console).RunAsync(ledger, cancellationToken);
        return options.Connect.Count > 0
            ? await RunConnectedAsync(ledger, await Task.WhenAll(options.Connect.Select(e => ResolveAsync(e, cancellationToken))), cancellationToken)
            : await RunOwnSiloAsync(ledger, cancellationToken);
    }

    private Ledger ReadLedger() => options.Ledger is { } file
        ? CsvLedger.Read(file, _firstAccount)
        : GeneratedLedger.Create(options.Accounts, options.Events, options.Seed, _firstAccount);

    private async Task<DemoResult> RunConnectedAsync(Ledger ledger, IReadOnlyList<IPEndPoint> gateways, CancellationToken cancellationToken)
    {
        await using BankClient client = await BankClient.ConnectAsync(gateways, options.ConnectDeadline, cancellationToken);
        var run = new LedgerRun(ledger, options.Callers, _patience);
        await console.ProgressAsync("Running the ledger", ledger.Steps.Count, task => RunAsync(run, client, task, long.MaxValue, cancellationToken));
        CheckResult check = await console.CheckAsync(ledger, client, _patience, cancellationToken);
        return await WithStatementAsync(ResultOf(ledger, run, check, new KillTotals()), client);
    }

    private async Task<DemoResult> RunOwnSiloAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        using var directory = new DemoDirectory(options.Directory);
        await using var silo = new SiloProcess(directory.Path);
        TimeSpan start = await silo.StartAsync(cancellationToken);
        console.MarkupLineInterpolated($"Silo process started in {start.TotalSeconds:F1} s, logs in {directory.Path}");
        var run = new LedgerRun(ledger, options.Callers, _patience);
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
            CheckResult afterKill = await console.CheckAsync(ledger, again, _patience, cancellationToken);
            totals.Add(recovery, afterKill.Beyond, (await silo.ReadCountsAsync(cancellationToken)).ReplayedEvents);
            if (afterKill.Lost > 0 || afterKill.Mismatched > 0)
                return ResultOf(ledger, run, afterKill, totals);
        }

        await using BankClient client = await BankClient.ConnectAsync(silo.Gateway, cancellationToken);
        await console.ProgressAsync("Running the rest", ledger.Steps.Count - run.Acknowledged, task => RunAsync(run, client, task, long.MaxValue, cancellationToken));
        DemoResult result = ResultOf(ledger, run, await console.CheckAsync(ledger, client, _patience, cancellationToken), totals);
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

    /// <summary>Shows progress until a number of steps is acknowledged, or the run has ended.</summary>
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

    private static DemoResult ResultOf(Ledger ledger, LedgerRun run, CheckResult check, KillTotals totals)
    {
        DemoResult result = DemoResult.Of(ledger, run, check);
        return result with
        {
            Acknowledged = result.Acknowledged - totals.Beyond,
            Beyond = totals.Beyond,
            RecoveryMs = Math.Round(totals.LongestRecovery.TotalMilliseconds, 1),
            ReplayedEvents = totals.Replayed,
            Kills = totals.Kills,
        };
    }

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

    /// <summary>The totals over all kills.</summary>
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
