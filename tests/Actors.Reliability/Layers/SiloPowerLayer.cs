using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Actors.Reliability.Machines;
using Actors.Reliability.Processes;

namespace Actors.Reliability.Layers;

/// <summary>
/// Cuts the power under a whole silo, again and again: the client's demo runs its ledger on a file system that is shut
/// down, and reads every account back after each cut.
/// </summary>
internal sealed class SiloPowerLayer : Layer
{
    private const int Cuts = 15;
    private const int TransactionsPerCut = 3_000;

    private static readonly string[] FileSystems = ["ext4", "xfs"];

    public override string Name => "silo";

    public override string Description => "real file systems are shut down under a whole silo";

    public override LayerReport Run(LayerBudget budget, CancellationToken cancellationToken)
    {
        if (Needs.MissingForLoopDisks() is { Count: > 0 } missing)
            return LayerReport.Skipped(missing);
        if (!File.Exists(Demo))
            return LayerReport.Skipped([$"the demo at '{Demo}'; build the solution"]);
        var gate = new Lock();
        var results = new Dictionary<string, DemoCounts>();
        List<string> violations = RunAll(FileSystems, () => false, type =>
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

    /// <summary>The demo of the same build.</summary>
    private static string Demo
    {
        get
        {
            var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
            return Path.Combine(Repository.Root, "client-demo", "bin", output.Parent!.Name, output.Name, "Actors.ClientDemo");
        }
    }

    private static DemoCounts Run(string type, LayerBudget budget)
    {
        int cuts = budget.Seeds ?? Cuts;
        using var disk = LoopDisk.Create(type);
        string result = Path.Combine(disk.Root, "result.json");
        var start = new ProcessStartInfo(
            Demo,
            [
                "--kills", Text(cuts), "--kill-command", $"'{ReliabilityProgram.Path}' {ReliabilityProgram.CutPower} $SILO_PID '{disk.Root}'",
                "--events", Text((2 * cuts + 1) * TransactionsPerCut), "--accounts", "200", "--seed", Text(budget.FirstSeed),
                "--directory", Path.Combine(disk.Mount, "silo"), "--json", result,
            ])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process demo = Process.Start(start)!;
        Task<string> errors = demo.StandardError.ReadToEndAsync();
        string output = demo.StandardOutput.ReadToEnd();
        demo.WaitForExit();
        return demo.ExitCode == 0
            ? JsonSerializer.Deserialize<DemoCounts>(File.ReadAllText(result), JsonSerializerOptions.Web)!
            : throw new InvalidOperationException($"The demo on {type} with seed {budget.FirstSeed} ended with {demo.ExitCode}: {output}{errors.Result}");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed record DemoCounts(long Acknowledged, long Lost, long Beyond, long Mismatched, int Kills);
}
