using System.Diagnostics;
using System.Globalization;
using Actors.Reliability.Contention;
using Actors.Reliability.Machines;
using Actors.Wal.Postgres;
using Npgsql;

namespace Actors.Reliability.Layers;

/// <summary>
/// Runs processes that take each other's streams over in PostgreSQL, while they are paused and killed, connections are cut, delayed and
/// terminated, answers are dropped, and the server and the pooler crash. Every other process connects through the pooler. Meanwhile two
/// followers read the change feed, stop and continue.
/// </summary>
internal sealed class ContentionLayer : Layer
{
    private const int Processes = 3;
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(40);

    public override string Name => "contention";

    public override string Description => "processes take each other's streams in PostgreSQL while everything between them fails";

    public override LayerReport Run(LayerBudget budget, CancellationToken cancellationToken)
        => Needs.MissingForPooler() is { Count: > 0 } missing ? LayerReport.Skipped(missing) : RunAsync(budget, cancellationToken).GetAwaiter().GetResult();

    private static async Task<LayerReport> RunAsync(LayerBudget budget, CancellationToken cancellationToken)
    {
        await using var server = new PostgresServer();
        await server.InitializeAsync();
        await using var proxy = new CuttingProxy(new NpgsqlConnectionStringBuilder(server.ConnectionString).Port);
        string connection = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Port = proxy.Port, Timeout = 5 }.ConnectionString;
        await using PgBouncer pooler = await PgBouncer.StartAsync(connection, "session");
        var random = new Random(budget.FirstSeed);
        var ledger = new ContentionLedger();
        var faults = new Dictionary<string, long>();
        var arena = new Arena(server, proxy, pooler, connection, ledger, random, faults);
        TimeSpan length = budget.Minutes is { } minutes ? TimeSpan.FromMinutes(minutes) : Length;
        await using var direct = new Follower(connection, "The follower", budget.FirstSeed, ledger);
        await using var pooled = new Follower(pooler.ConnectionString, "The follower behind the pooler", budget.FirstSeed + 1, ledger);
        long started = Stopwatch.GetTimestamp();
        try
        {
            direct.Start();
            pooled.Start();
            arena.Start(Processes);
            while (Stopwatch.GetElapsedTime(started) < length && ledger.Violations.Count == 0 && !cancellationToken.IsCancellationRequested)
                await arena.AttackAsync();
        }
        finally
        {
            await arena.EndAsync();
        }

        await using (NpgsqlDataSource source = NpgsqlDataSource.Create(server.ConnectionString))
        {
            using PostgresLogReader reader = await PostgresLogReader.OpenAsync(new PostgresLogStoreOptions { DataSource = source }, CancellationToken.None);
            await ledger.CheckAsync(reader, Arena.Streams);
            await direct.CheckAsync(reader);
            await pooled.CheckAsync(reader);
        }

        return new LayerReport(
            [
                .. faults.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => (f.Key, f.Value)),
                ("answers dropped", proxy.Dropped),
                ("streams taken over", ledger.Opened),
                ("events acknowledged", ledger.Acknowledged),
                ("refused, and not in the log", ledger.Refused),
                ("of unknown outcome", ledger.Doubtful),
                ("records given to followers", direct.Given + pooled.Given),
                ("times that followers went on from where they were", direct.Resumed + pooled.Resumed),
                ("owners asked whether they still are, and told that they are", ledger.Confirmed),
            ],
            [.. ledger.Violations.Take(20)]);
    }

    /// <summary>The processes, and the faults injected into them.</summary>
    private sealed class Arena(PostgresServer server, CuttingProxy proxy, PgBouncer pooler, string connection, ContentionLedger ledger, Random random, Dictionary<string, long> faults)
    {
        public const int Streams = 100;

        private readonly List<ContenderProcess> _processes = [];
        private int _started;

        public void Start(int count)
        {
            for (int i = 0; i < count; i++)
                _processes.Add(Start());
        }

        public async Task AttackAsync()
        {
            await PauseAsync(0.1, 0.6);
            int victim = random.Next(_processes.Count);
            switch (random.Next(20))
            {
                case 0:
                    Count("server crashes");
                    await server.CrashAsync();
                    await PauseAsync(0, 1);
                    await server.StartAsync();
                    break;
                case 1 or 2:
                    Count("processes killed");
                    await _processes[victim].KillAsync();
                    _processes[victim].Dispose();
                    _processes[victim] = Start();
                    break;
                case 3 or 4 or 5:
                    Count("processes stopped and woken");
                    _processes[victim].Stop();
                    await PauseAsync(0.5, 4);
                    _processes[victim].Continue();
                    break;
                case 6 or 7 or 8:
                    Count("connections ended by the server");
                    await EndSessionAsync();
                    break;
                case 9:
                    Count("pooler crashes");
                    await pooler.KillAsync();
                    await PauseAsync(0, 0.5);
                    await pooler.StartAsync();
                    break;
                case 10:
                    Count("times that all connections were cut");
                    proxy.CutAll();
                    break;
                case 11 or 12 or 13:
                    Count("times that connections were held up");
                    proxy.MostDelay = TimeSpan.FromSeconds(4 * random.NextDouble());
                    await PauseAsync(0.5, 3);
                    proxy.MostDelay = TimeSpan.Zero;
                    break;
                default:
                    proxy.DropNextAnswer();
                    break;
            }
        }

        public async Task EndAsync()
        {
            foreach (ContenderProcess process in _processes)
            {
                await process.KillAsync();
                process.Dispose();
            }
        }

        private ContenderProcess Start()
        {
            _started++;
            return ContenderProcess.Start(new ContenderOptions(_started % 2 == 0 ? pooler.ConnectionString : connection, string.Create(CultureInfo.InvariantCulture, $"p{_started}"), random.Next(1_000_000), Streams), ledger);
        }

        private async Task EndSessionAsync()
        {
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Pooling = false }.ConnectionString);
            await connection.OpenAsync();
            await using var end = new NpgsqlCommand("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 2", connection);
            await end.ExecuteNonQueryAsync();
        }

        private void Count(string what) => faults[what] = faults.GetValueOrDefault(what) + 1;

        private Task PauseAsync(double least, double most)
            => Task.Delay(TimeSpan.FromSeconds(least + (most - least) * random.NextDouble()), TimeProvider.System);
    }
}
