using Actors.Reliability.Machines;
using Actors.Reliability.Processes;

namespace Actors.Reliability.Layers;

/// <summary>
/// Cuts the power under a silo repeatedly: the demo runs its ledger on a file system that is shut down, and reads
/// every account back after each cut.
/// </summary>
internal sealed class SiloPowerLayer : Layer
{
    private const int Cuts = 10;
    private const int TransactionsPerCut = 3_000;

    private static readonly string[] FileSystems = ["ext4", "xfs"];

    public override string Name => "silo";

    public override string Description => "real file systems are shut down under a whole silo";

    public override LayerReport Run(LayerBudget budget, CancellationToken cancellationToken)
    {
        if (Needs.MissingForLoopDisks() is { Count: > 0 } missing)
            return LayerReport.Skipped(missing);
        if (!DemoProgram.IsThere)
            return LayerReport.Skipped([$"the demo at '{DemoProgram.Path}'; build the solution"]);
        var gate = new Lock();
        var results = new Dictionary<string, DemoCounts>();
        List<string> violations = RunAll(FileSystems, () => false, (type, _) =>
        {
            DemoCounts counts = Run(type, budget);
            lock (gate)
                results.Add(type, counts);
        }, cancellationToken);
        return new LayerReport(
            [
                .. results.Select(r => ($"power cuts on {r.Key}", (long)r.Value.Kills)),
                ("events acknowledged", results.Values.Sum(r => r.Acknowledged)),
                ("acknowledged and lost", results.Values.Sum(r => r.Lost)),
                ("events or balances that are wrong", results.Values.Sum(r => r.Mismatched)),
                ("under way at the cuts, and there", results.Values.Sum(r => r.Beyond)),
            ],
            violations);
    }

    private static DemoCounts Run(string type, LayerBudget budget)
    {
        int cuts = budget.Seeds ?? Cuts;
        using var disk = LoopDisk.Create(type);
        return DemoProgram.Start(
            [
                "--kills", DemoProgram.Text(cuts), "--kill-command", $"'{ReliabilityProgram.Path}' {ReliabilityProgram.CutPower} $SILO_PID '{disk.Root}'",
                "--events", DemoProgram.Text((2 * cuts + 1) * TransactionsPerCut), "--accounts", "200", "--seed", DemoProgram.Text(budget.FirstSeed),
                "--directory", Path.Combine(disk.Mount, "silo"),
            ],
            disk.Root).Result.GetAwaiter().GetResult();
    }
}
