using Actors.Benchmarks.Grains;
using Actors.Wal;

namespace Actors.Benchmarks.Scenarios;

/// <summary>All scenarios, in the order of a round: scenarios that are compared with each other are close together.</summary>
internal sealed class ScenarioCatalog(Workbench bench, BenchmarkOptions options)
{
    public const string Plain = "plain-call";
    public const string Memory = "memory-storage";
    public const string AdoNet = "adonet-storage";
    public const string GrainLog = "grain-log";
    public const string PostgresLog = "postgres-grain-log";
    public const string BareInsert = "postgres-insert";
    public const string RawAppend = "raw-append";
    public const string LoneAppend = "raw-append-lone";
    public const string BareLoop = "bare-loop";
    public const string LargeAppend = "raw-append-64k";
    public const string Device = "device-64k";
    public const string ReplayOneStream = "replay-one-stream";
    public const string ReplayManyStreams = "replay-64-streams";
    public const string ReplayState = "replay-state";

    private const int SmallBytes = 100;
    private const int LargeBytes = 64 * 1024;

    /// <summary>Returns the requested scenarios, and those that they need.</summary>
    /// <exception cref="BenchmarkException">No scenario matches, or it needs a server and none is given.</exception>
    public IReadOnlyList<Scenario> Select()
    {
        List<Scenario> all = [.. GrainScenarios(), .. LogScenarios()];
        foreach (string text in options.Only.Where(t => !all.Exists(s => Matches(s, t))))
            throw new BenchmarkException($"--only '{text}' is in no scenario's name; there are {string.Join(", ", all.Select(s => s.Name))}.");
        if (options.Postgres is null)
        {
            foreach (string text in options.Only.Where(t => all.TrueForAll(s => s.NeedsPostgres || !Matches(s, t))))
                throw new BenchmarkException($"--only '{text}' needs a PostgreSQL server; name one with --postgres.");
            all.RemoveAll(s => s.NeedsPostgres);
        }

        if (options.Silos > 1)
        {
            if (options.Postgres is null)
                throw new BenchmarkException($"--silos {options.Silos} needs a PostgreSQL server, which keeps what the silos share; name one with --postgres.");
            all.RemoveAll(s => !s.NeedsPostgres);
            foreach (string text in options.Only.Where(t => !all.Exists(s => Matches(s, t))))
                throw new BenchmarkException($"--only '{text}' keeps nothing in PostgreSQL, and --silos {options.Silos} measures only what does: {string.Join(", ", all.Select(s => s.Name))}.");
        }

        HashSet<Scenario> wanted = [.. all.Where(s => options.Only.Count == 0 || options.Only.Any(t => Matches(s, t)))];
        wanted.UnionWith(wanted.SelectMany(s => s.Needs).ToList());
        return all.FindAll(wanted.Contains);
    }

    private static bool Matches(Scenario scenario, string text) => scenario.Name.Contains(text, StringComparison.OrdinalIgnoreCase);

    private IEnumerable<Scenario> GrainScenarios()
    {
        IReadOnlyList<int> callers = options.Callers;
        yield return new AdderScenario<IYieldAdder>("yield-call", "grain call that awaits Task.Yield", callers, bench);
        yield return new JournaledScenario(callers, bench);
        yield return new AdderScenario<IAdoNetAdder>(AdoNet, "grain storage, ADO.NET on PostgreSQL", callers, bench);
        yield return new AdderScenario<IPostgresLogAdder>(PostgresLog, "[GrainLog] on PostgreSQL, one event per call", callers, bench);
        yield return new AdderScenario<IPostgresStorageAdder>("postgres-wal-storage", "grain storage on the write-ahead log in PostgreSQL", callers, bench);
        yield return new BareInsertScenario(bench);
        yield return new AdderScenario<IMemoryAdder>(Memory, "grain storage in memory", callers, bench);
        yield return new AdderScenario<IPlainAdder>(Plain, "grain call that keeps nothing", callers, bench);
        yield return new AdderScenario<IGrainLogAdder>(GrainLog, "[GrainLog], one event per call", callers, bench);
        yield return new AdderScenario<IWalStorageAdder>("wal-storage", "grain storage on the write-ahead log", callers, bench);
        yield return new AdderScenario<IDurableAdder>("durable-grain", "DurableGrain on the write-ahead log", callers, bench);
        yield return new AdderScenario<IMemoryTransferAdder>("transfer-memory", "transaction over two grains, memory storage", callers, bench);
        yield return new AdderScenario<IWalTransferAdder>("transfer-wal", "transaction over two grains, write-ahead log", callers, bench);
    }

    private IEnumerable<Scenario> LogScenarios()
    {
        yield return new AppendScenario(RawAppend, $"Actors.Wal, {SmallBytes} bytes", SmallBytes, [256, 4096], bench) { FirstCalls = 100 };
        var lone = new AppendScenario(LoneAppend, $"Actors.Wal, {SmallBytes} bytes, one after the other", SmallBytes, [1], bench) { KeepsStore = true };
        yield return lone;
        yield return new BareLoopScenario(lone, bench);
        yield return new AppendScenario("sync-interval", $"Actors.Wal, {SmallBytes} bytes, flushed every 10 ms", SmallBytes, [1, 256], bench) { Sync = SyncPolicy.Every(TimeSpan.FromMilliseconds(10)) };
        yield return new AppendScenario("sync-never", $"Actors.Wal, {SmallBytes} bytes, never flushed", SmallBytes, [1, 256], bench) { Sync = SyncPolicy.Never };
        var large = new AppendScenario(LargeAppend, "Actors.Wal, 64 KiB", LargeBytes, [64], bench);
        yield return large;
        yield return new DeviceScenario(large, bench);
        yield return new RawReplayScenario(ReplayOneStream, "replay of one stream, events per second", 1, bench);
        yield return new RawReplayScenario(ReplayManyStreams, "replay of 64 interleaved streams, events per second", 64, bench);
        yield return new StateReplayScenario(bench);
    }
}
