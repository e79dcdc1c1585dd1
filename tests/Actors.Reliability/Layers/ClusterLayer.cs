using Actors.Reliability.Machines;
using Actors.Reliability.Processes;
using Npgsql;

namespace Actors.Reliability.Layers;

/// <summary>
/// Runs a cluster of silo processes with a client, twice. First silos are killed, paused until the others have taken over, and restarted,
/// while their server and its pooler crash, answers are dropped and connections are cut. Then the silos run in separate networks
/// whose links go down. When all are connected again, the client reads every account back.
/// </summary>
internal sealed class ClusterLayer : Layer
{
    private const int Silos = 3;
    private const int Seconds = 25;

    public override string Name => "cluster";

    public override string Description => "a cluster of silo processes on PostgreSQL loses silos, its server and its network";

    public override LayerReport Run(LayerBudget budget, CancellationToken cancellationToken)
    {
        if (Needs.MissingForPooler() is { Count: > 0 } server)
            return LayerReport.Skipped(server);
        if (Needs.MissingForNetworks() is { Count: > 0 } network)
            return LayerReport.Skipped(network);
        return DemoProgram.IsThere
            ? RunAsync(budget).GetAwaiter().GetResult()
            : LayerReport.Skipped([$"the demo at '{DemoProgram.Path}'; build the solution"]);
    }

    private static async Task<LayerReport> RunAsync(LayerBudget budget)
    {
        var counts = new List<(string What, long Count)>();
        var violations = new List<string>();
        foreach (Func<LayerBudget, List<(string What, long Count)>, Task<DemoCounts>> run in (Func<LayerBudget, List<(string What, long Count)>, Task<DemoCounts>>[])[LoseServerAsync, LoseNetworkAsync])
        {
            try
            {
                DemoCounts demo = await run(budget, counts);
                counts.AddRange(demo.Chaos!.Faults.Select(f => ($"- silos: {f.Key}", (long)f.Value)));
                counts.Add(("- events acknowledged", demo.Acknowledged));
                counts.Add(("- acknowledged and lost", demo.Lost));
                counts.Add(("- events or balances that are wrong", demo.Mismatched));
                counts.Add(("- calls made again", demo.Chaos.Repeated));
                counts.Add(("- writes of stale activations refused", demo.Chaos.StaleRefused));
                counts.Add(("- accounts that answered with an old state", demo.Chaos.Outdated));
            }
            catch (InvalidOperationException e)
            {
                violations.Add(e.Message);
            }
        }

        return new LayerReport(counts, violations);
    }

    /// <summary>Runs the demo with faults of the silos, the server, and the pooler and the proxy between them.</summary>
    private static async Task<DemoCounts> LoseServerAsync(LayerBudget budget, List<(string What, long Count)> counts)
    {
        await using var server = new PostgresServer();
        await server.InitializeAsync();
        await using var proxy = new CuttingProxy(new NpgsqlConnectionStringBuilder(server.ConnectionString).Port);
        string connection = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Port = proxy.Port }.ConnectionString;
        await using PgBouncer pooler = await PgBouncer.StartAsync(connection, "session");
        DemoRun demo = StartDemo(budget, pooler.ConnectionString, "kill,pause,restart", ["--membership", connection]);
        await demo.IsUp;
        var random = new Random(budget.FirstSeed);
        int crashes = 0;
        int poolers = 0;
        int cuts = 0;
        for (int i = 1; !demo.Result.IsCompleted; i++)
        {
            await PauseAsync(random, 0.5, 1.5, demo.Result);
            if (i % 25 == 0)
            {
                await server.CrashAsync();
                await PauseAsync(random, 0, 2, demo.Result);
                await server.StartAsync();
                crashes++;
            }
            else if (i % 13 == 0)
            {
                await pooler.KillAsync();
                await PauseAsync(random, 0, 0.5, demo.Result);
                await pooler.StartAsync();
                poolers++;
            }
            else if (i % 8 == 0)
            {
                proxy.CutAll();
                cuts++;
            }
            else
            {
                proxy.DropNextAnswer();
            }
        }

        counts.AddRange([("with faults of the server: crashes", crashes), ("- crashes of the pooler", poolers), ("- times that all connections were cut", cuts), ("- answers dropped", proxy.Dropped)]);
        return await demo.Result;
    }

    /// <summary>Runs the demo with each silo in its own network. Links go down, some long enough for a silo to be declared dead.</summary>
    private static async Task<DemoCounts> LoseNetworkAsync(LayerBudget budget, List<(string What, long Count)> counts)
    {
        using var network = Network.Create(Silos);
        await using var server = new PostgresServer(Network.On(network.Middle), Network.MiddleAddress);
        await server.InitializeAsync();
        DemoRun demo = StartDemo(
            budget,
            server.ConnectionString,
            "kill",
            [
                "--silo-command", string.Join(' ', Network.On(network.SiloPattern)),
                "--silo-hosts", string.Join(',', Enumerable.Range(1, Silos).Select(Network.AddressOf)),
            ],
            Network.On(network.Middle));
        await demo.IsUp;
        var random = new Random(budget.FirstSeed);
        int cuts = 0;
        while (true)
        {
            await PauseAsync(random, 2, 5, demo.HasRun);
            if (demo.HasRun.IsCompleted)
                break;
            int silo = 1 + random.Next(Silos);
            network.Cut(silo);
            await PauseAsync(random, 0.5, 12, demo.HasRun);
            network.Join(silo);
            cuts++;
        }

        counts.Add(("with faults of the network: cables pulled", cuts));
        return await demo.Result;
    }

    private static DemoRun StartDemo(LayerBudget budget, string connection, string faults, IReadOnlyList<string> more, params IReadOnlyList<string> before)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("actors-cluster-");
        int seconds = budget.Minutes is { } minutes ? (int)(minutes * 60) : Seconds;
        DemoRun demo = DemoProgram.Start(
            [
                "--chaos", "--postgres", connection, "--silos", DemoProgram.Text(Silos), "--faults", faults, "--seconds", DemoProgram.Text(seconds),
                "--seed", DemoProgram.Text(budget.FirstSeed), "--accounts", "1000", "--callers", "256", .. more,
            ],
            directory.FullName,
            before);
        return demo with { Result = EndAsync() };

        async Task<DemoCounts> EndAsync()
        {
            try
            {
                return await demo.Result;
            }
            finally
            {
                directory.Delete(recursive: true);
            }
        }
    }

    /// <summary>Waits for a random time in seconds, or until a task has ended.</summary>
    private static async Task PauseAsync(Random random, double least, double most, Task end)
        => await Task.WhenAny(end, Task.Delay(TimeSpan.FromSeconds(least + (most - least) * random.NextDouble()), TimeProvider.System));
}
