using Actors.ClientDemo.Checking;
using Actors.ClientDemo.Ledgers;
using Actors.ClientDemo.Running;
using Spectre.Console;

namespace Actors.ClientDemo.Clusters;

/// <summary>
/// Runs a ledger on a cluster while its silos are killed, paused and restarted. Calls without an answer are repeated with the same
/// transaction. Before the final restart every account must answer with the state that its log has, so fenced activations must have
/// ended. After the restart every account must have each acknowledged transaction once.
/// </summary>
internal sealed class ChaosDemo(DemoOptions options, ChaosOptions chaos, IAnsiConsole console)
{
    // Fenced activations notice it within a second while the server is reachable. Giving up a connection that hangs takes longer.
    private static readonly TimeSpan FindingOut = TimeSpan.FromSeconds(10);

    public async Task<DemoResult> RunAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        await using ClusterDatabase database = await ClusterDatabase.OpenAsync(chaos.Postgres, chaos.Membership, cancellationToken);
        await using var cluster = new SiloCluster(chaos, database);
        await cluster.StartAsync(cancellationToken);
        console.MarkupLineInterpolated($"Cluster of {cluster.Silos.Count} silo processes started.");
        await using BankClient client = await BankClient.ConnectAsync(cluster.Gateways, BankClient.DefaultDeadline, cancellationToken);
        var patience = Patience.OfClusters();
        var run = new LedgerRun(ledger, options.Callers, patience);
        var faults = new FaultInjector(chaos, cluster, database, options.Seed, console);
        RememberedState remembered;
        try
        {
            await RunAsync(run, client, faults, cancellationToken);
            console.MarkupLineInterpolated($"Transactions acknowledged: {run.Acknowledged:N0}, calls made again: {patience.Repeated:N0}.");
            await Task.Delay(FindingOut, TimeProvider.System, cancellationToken);
            await new LedgerCheck(ledger, patience).SettleAsync(client, cancellationToken);
            remembered = await RememberedState.ReadAsync(ledger, client, patience, cancellationToken);

            // The restart discards all activations, so the next reads replay the logs.
            await cluster.RestartAsync(cancellationToken);
            console.MarkupLine("Cluster restarted.");
        }
        catch (DemoException e)
        {
            throw new DemoException(string.Join(Environment.NewLine, [e.Message, .. cluster.Silos.Select((s, i) => $"Silo {i + 1} said last:{Environment.NewLine}{s.Output()}")]));
        }

        List<string> outdated = remembered.DifferencesTo(await RememberedState.ReadAsync(ledger, client, patience, cancellationToken));
        foreach (string difference in outdated.Take(20))
            console.MarkupLineInterpolated($"[red]{difference}[/]");
        CheckResult check = await console.CheckAsync(ledger, client, patience, cancellationToken);
        return DemoResult.Of(ledger, run, check) with
        {
            Kills = faults.Counts.GetValueOrDefault(FaultKind.Kill),
            Chaos = new ChaosResult
            {
                Silos = cluster.Silos.Count,
                Faults = faults.Counts.ToDictionary(f => f.Key.ToString().ToLowerInvariant(), f => f.Value),
                Repeated = patience.Repeated,
                StaleRefused = faults.StaleRefused,
                Outdated = outdated.Count,
            },
        };
    }

    /// <summary>Runs the ledger and the faults. When one of them ends, it stops the other.</summary>
    private static async Task RunAsync(LedgerRun run, BankClient client, FaultInjector faults, CancellationToken cancellationToken)
    {
        using var end = new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task running = run.RunAsync(client, end.Token, stop.Token);
        Task attacking = faults.RunAsync(stop.Token);
        try
        {
            await await Task.WhenAny(running, attacking);
            await end.CancelAsync();
            await attacking;
            await running;
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(running, attacking).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }
}
