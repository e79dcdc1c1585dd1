using System.Globalization;
using Actors.Reliability.Layers;
using Spectre.Console;

namespace Actors.Reliability.Reporting;

/// <summary>Prints the results of the layers.</summary>
/// <param name="isAllMandatory">Whether a layer fails, instead of being skipped, if this machine lacks a requirement.</param>
internal sealed class Report(bool isAllMandatory)
{
    private int _passed;
    private int _failed;
    private int _skipped;

    public int Failed => _failed;

    public void Add(Layer layer, LayerReport report, TimeSpan took)
    {
        if (report.IsSkipped)
        {
            if (isAllMandatory)
                _failed++;
            else
                _skipped++;
            Console.WriteLine($"{layer.Name}: {(isAllMandatory ? "failed" : "skipped")}; this machine lacks {string.Join(", ", report.Missing)}");
            return;
        }

        var table = new Table { Border = TableBorder.Rounded }
            .AddColumn(new TableColumn(Markup.Escape($"{layer.Name}: {layer.Description}")))
            .AddColumn(new TableColumn("count").RightAligned());
        foreach ((string what, long count) in report.Counts)
            table.AddRow(Markup.Escape(what), count.ToString("N0", CultureInfo.InvariantCulture));
        table.AddRow("promises broken", report.Violations.Count.ToString("N0", CultureInfo.InvariantCulture));
        table.AddRow("seconds", took.TotalSeconds.ToString("N0", CultureInfo.InvariantCulture));
        AnsiConsole.Write(table);
        foreach (string violation in report.Violations)
            Console.WriteLine(violation);
        if (report.IsPassed)
            _passed++;
        else
            _failed++;
    }

    /// <summary>Prints the totals in the format of a test run.</summary>
    public void Sum()
        => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(_failed == 0 ? "Passed!" : "Failed!")}  - Failed: {_failed}, Passed: {_passed}, Skipped: {_skipped}, Total: {_passed + _failed + _skipped} layers"));
}
