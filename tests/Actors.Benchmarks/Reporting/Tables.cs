using System.Globalization;
using Actors.Benchmarks.Measuring;
using Spectre.Console;

namespace Actors.Benchmarks.Reporting;

/// <summary>Shows the results as tables.</summary>
internal sealed class Tables(IAnsiConsole console)
{
    // A narrower terminal gets the numbers without descriptions.
    private const int WidthForDescriptions = 150;

    private readonly bool _describes = console.Profile.Width >= WidthForDescriptions;

    public void Show(BenchmarkResults results, IReadOnlyList<RatioResult> ratios)
    {
        console.Write(ScenarioTable(results));
        if (ratios.Count > 0)
            console.Write(RatioTable(ratios));
    }

    private Table ScenarioTable(BenchmarkResults results)
    {
        Table table = New("Scenario", "callers", "median/s", "min/s", "max/s", "p50 µs", "p99 µs", "B/op");
        string? last = null;
        foreach (ScenarioResult result in results.Scenarios)
        {
            bool isNew = last != result.Scenario;
            if (isNew && last is not null)
                table.AddEmptyRow();
            AddRow(
                table,
                isNew ? result.Scenario : "",
                isNew ? result.Description : "",
                Number(result.Callers),
                Number(result.OperationsPerSecond.Median),
                Number(result.OperationsPerSecond.Min),
                Number(result.OperationsPerSecond.Max),
                Number(result.P50Us),
                Number(result.P99Us),
                Number(result.AllocatedBytesPerOperation));
            last = result.Scenario;
        }

        return table;
    }

    private Table RatioTable(IReadOnlyList<RatioResult> ratios)
    {
        Table table = New("Ratio", "measured", "target", "", "floor", "");
        foreach (RatioResult ratio in ratios)
        {
            AddRow(
                table,
                ratio.Name,
                ratio.Description,
                Number(ratio.Value),
                Limit(ratio.Target),
                Verdict(ratio.Target, ratio.Value),
                ratio.Floor is { } floor ? Limit(floor) : "",
                ratio.Floor is { } limit ? Verdict(limit, ratio.Value) : "");
        }

        return table;
    }

    private Table New(string name, params ReadOnlySpan<string> columns)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumn(new TableColumn(name).NoWrap());
        if (_describes)
            table.AddColumn("");
        foreach (string column in columns)
            table.AddColumn(new TableColumn(column).RightAligned().NoWrap());
        return table;
    }

    private void AddRow(Table table, string name, string description, params ReadOnlySpan<string> cells)
    {
        string[] first = _describes ? [name, Markup.Escape(description)] : [name];
        table.AddRow([.. first, .. cells]);
    }

    private static string Limit(Bound bound) => $"{(bound.IsMost ? "≤" : "≥")} {Number(bound.Limit)}";

    private static string Verdict(Bound bound, double value) => bound.IsMetBy(value) ? "[green]met[/]" : "[red]missed[/]";

    private static string Number(double value)
        => value.ToString(Math.Abs(value) switch { >= 1000 => "N0", >= 10 => "0.#", _ => "0.##" }, CultureInfo.InvariantCulture);
}
