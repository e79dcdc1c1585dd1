using System.Globalization;
using Actors.ClientDemo;
using Actors.ClientDemo.Statements;
using Spectre.Console;

// Into a file or a pipe goes plain text.
IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
{
    Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect,
    ColorSystem = Console.IsOutputRedirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
});

return CommandLine.Run(args, async (options, cancellationToken) =>
{
    try
    {
        DemoResult result = await new Demo(options, console).RunAsync(cancellationToken);
        Show(result, console);
        if (result.Statement is { } statement)
            StatementTable.Show(statement, console);
        if (options.Json is { } file)
            result.WriteTo(file);
        return result.IsGood ? 0 : 1;
    }
    catch (DemoException e) when (!cancellationToken.IsCancellationRequested)
    {
        await Console.Error.WriteLineAsync($"client-demo: {e.Message}");
        return 2;
    }
    catch (Exception e) when (e is OperationCanceledException or DemoException)
    {
        await Console.Error.WriteLineAsync("client-demo: stopped; nothing was left behind.");
        return 130;
    }
});

static void Show(DemoResult result, IAnsiConsole console)
{
    Table table = new Table().Border(TableBorder.Rounded).AddColumn("Result").AddColumn(new TableColumn("").RightAligned());
    table.AddRow("events acknowledged", Count(result.Acknowledged));
    table.AddRow("lost", Verdict(result.Lost));
    table.AddRow("found beyond the acknowledged", Count(result.Beyond));
    table.AddRow("mismatched", Verdict(result.Mismatched));
    table.AddRow("transactions per second", Count((long)result.ThroughputPerSecond));
    table.AddRow("p50 / p99", string.Create(CultureInfo.InvariantCulture, $"{result.P50Ms:F1} ms / {result.P99Ms:F1} ms"));
    table.AddRow("kills", Count(result.Kills));
    table.AddRow("recovery, until ready", string.Create(CultureInfo.InvariantCulture, $"{result.RecoveryMs:F0} ms"));
    table.AddRow("events replayed by activations", Count(result.ReplayedEvents));
    console.Write(table);
}

static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

static string Verdict(int number) => number == 0 ? "[green]0[/]" : $"[red]{Count(number)}[/]";
