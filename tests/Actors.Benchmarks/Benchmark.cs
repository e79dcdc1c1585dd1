using System.Runtime.InteropServices;
using Actors.Benchmarks.Measuring;
using Actors.Benchmarks.Scenarios;
using Spectre.Console;

namespace Actors.Benchmarks;

/// <summary>
/// Runs the benchmarks: a warm-up, then rounds through all scenarios, so that drift of the machine affects all of them
/// equally. The scenarios of the log alone come first, before a silo starts: otherwise background work that the silo's grains
/// cause would affect them.
/// </summary>
internal sealed class Benchmark(BenchmarkOptions options, IAnsiConsole console)
{
    private static readonly TimeSpan MostWarmUp = TimeSpan.FromSeconds(1);

    public async Task<BenchmarkResults> RunAsync(CancellationToken cancellationToken)
    {
        await using var bench = new Workbench(options);
        IReadOnlyList<Scenario> scenarios = new ScenarioCatalog(bench, options).Select();
        console.MarkupLineInterpolated($"{RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} processors, {options.Rounds} rounds of {options.Window.TotalSeconds} s.");
        if (bench.Directory.IsInMemory)
            console.MarkupLine("[yellow]The directory is in memory: flushing costs nothing there. Name one on a disk with --directory.[/]");
        try
        {
            List<Cell> cells = await MeasureAsync("the log alone", scenarios.Where(s => !s.NeedsWorkbench), cancellationToken);
            await bench.StartAsync(scenarios, cancellationToken);
            cells.AddRange(await MeasureAsync("grains", scenarios.Where(s => s.NeedsWorkbench), cancellationToken));
            return new BenchmarkResults([.. scenarios.SelectMany(s => cells.Where(c => c.Scenario == s)).Select(c => c.ToResult())]);
        }
        finally
        {
            foreach (Scenario scenario in scenarios)
                await scenario.CloseAsync();
        }
    }

    private async Task<List<Cell>> MeasureAsync(string what, IEnumerable<Scenario> scenarios, CancellationToken cancellationToken)
    {
        List<Cell> cells = CellsOf(scenarios);
        if (cells.Count == 0)
            return cells;
        TimeSpan warmUp = options.Window < MostWarmUp ? options.Window : MostWarmUp;

        // Drawing would disturb the measurements, so the display is refreshed only between them.
        await console.Progress()
            .AutoRefresh(false)
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask task = context.AddTask("warm-up", maxValue: cells.Count * (options.Rounds + 1));
                for (int round = 0; round <= options.Rounds; round++)
                {
                    foreach (Cell cell in cells)
                    {
                        task.Description = $"{what}, {(round == 0 ? "warm-up" : $"round {round}")}: {cell.Scenario.Name}, {cell.Callers}";
                        context.Refresh();
                        await (round == 0 ? cell.WarmUpAsync(warmUp, cancellationToken) : cell.MeasureAsync(options.Window, cancellationToken));
                        task.Increment(1);
                    }
                }
            });
        return cells;
    }

    /// <summary>Returns all scenarios with their first number of callers, then all with their second, and so on.</summary>
    private static List<Cell> CellsOf(IEnumerable<Scenario> scenarios)
        => [.. scenarios
            .SelectMany(s => s.Callers.Select((callers, position) => (Cell: new Cell(s, callers), Position: position)))
            .OrderBy(c => c.Position)
            .Select(c => c.Cell)];
}
