using Actors.Reliability.Machines;
using Actors.Reliability.Processes;

namespace Actors.Reliability.Layers;

/// <summary>Cuts the power under a writing process on real file systems. As a control, a store that never flushes must lose data.</summary>
internal sealed class PowerLayer : Layer
{
    private const int Cycles = 100;
    private const int ControlCycles = 10;
    private const int CyclesPerDisk = 10;
    private const int LongestRunMs = 300;
    private const int LongestStartMs = 200;

    private static readonly string[] FileSystems = ["ext4", "xfs"];

    public override string Name => "power";

    public override string Description => "real file systems are shut down under a writing process";

    public override LayerReport Run(LayerBudget budget, CancellationToken cancellationToken)
    {
        if (Needs.MissingForLoopDisks() is { Count: > 0 } missing)
            return LayerReport.Skipped(missing);
        var counts = new PowerCounts();
        var control = new PowerCounts();
        int cycles = budget.Seeds ?? Cycles;
        IEnumerable<(string Type, int FirstSeed, int Cycles, bool Syncs)> cases = FileSystems.SelectMany(type => Enumerable
            .Range(0, (cycles + CyclesPerDisk - 1) / CyclesPerDisk)
            .Select(d => (type, budget.FirstSeed + d * CyclesPerDisk, Math.Min(CyclesPerDisk, cycles - d * CyclesPerDisk), true))
            .Append((type, budget.FirstSeed, ControlCycles, false)));
        List<string> violations = RunAll(cases, () => false, (c, stop) => Run(c.Type, c.FirstSeed, c.Cycles, c.Syncs, c.Syncs ? counts : control, stop), cancellationToken);
        if (violations.Count == 0 && control.Lost == 0)
            violations.Add($"The control, {control.Cycles} power cuts of a store that never flushes, lost nothing: these cuts prove nothing.");
        return new LayerReport(
            [
                .. FileSystems.Select(t => ($"power cuts on {t}", counts.CyclesOf(t))),
                ("of them before the first acknowledgement", counts.BeforeFirst),
                ("operations acknowledged", counts.Acknowledged),
                ("acknowledged and lost", counts.Lost),
                ("under way at the cut, and there", counts.Beyond),
                ("control, sync policy Never: power cuts", control.Cycles),
                ("control: operations acknowledged", control.Acknowledged),
                ("control: acknowledged and lost", control.Lost),
            ],
            violations);
    }

    private static void Run(string type, int firstSeed, int cycles, bool syncs, PowerCounts counts, CancellationToken cancellationToken)
    {
        using var disk = LoopDisk.Create(type);
        var check = new WriterCheck();
        for (int i = 0; i < cycles && !cancellationToken.IsCancellationRequested; i++)
        {
            try
            {
                CutAsync(disk, check, new Random(firstSeed + i), new WriterOptions(Path.Combine(disk.Mount, "state", "store"), i + 1) { Sync = syncs ? SyncPolicy.Always : SyncPolicy.Never }, type, counts).GetAwaiter().GetResult();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new InvalidOperationException($"Power cut {i + 1} on one {type}, first seed {firstSeed}: {e.Message}", e);
            }
        }
    }

    private static async Task CutAsync(LoopDisk disk, WriterCheck check, Random random, WriterOptions options, string type, PowerCounts counts)
    {
        using var process = WriterProcess.Start(options);
        if (random.Next(5) == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(LongestStartMs)), TimeProvider.System);
        }
        else
        {
            await process.WaitForAsync(p => p.Acknowledgements > 0, "its first acknowledgement");
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(LongestRunMs)), TimeProvider.System);
        }

        process.Stop();
        disk.CutPower();
        await process.EndAsync();
        disk.Restart();
        counts.Add(type, options.Sync == SyncPolicy.Always && random.Next(2) == 0
            ? await check.RunOnCopyAsync(process)
            : await check.RunAsync(process, mayLose: options.Sync != SyncPolicy.Always));
    }
}

/// <summary>The counts of the power layer.</summary>
internal sealed class PowerCounts
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _cycles = [];

    public long BeforeFirst { get; private set; }

    public long Acknowledged { get; private set; }

    public long Lost { get; private set; }

    public long Beyond { get; private set; }

    public long Cycles => _cycles.Values.Sum();

    public long CyclesOf(string type) => _cycles.GetValueOrDefault(type);

    public void Add(string type, WriterResult result)
    {
        lock (_gate)
        {
            _cycles[type] = CyclesOf(type) + 1;
            BeforeFirst += result.Acknowledged == 0 ? 1 : 0;
            Acknowledged += result.Acknowledged;
            Lost += result.Lost;
            Beyond += result.Beyond;
        }
    }
}
