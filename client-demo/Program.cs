using System.Globalization;
using Actors.ClientDemo;
using Actors.ClientDemo.Doors;
using Actors.ClientDemo.Statements;
using Spectre.Console;

// A file or a pipe gets plain text.
IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
{
    Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect,
    ColorSystem = Console.IsOutputRedirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
});

return CommandLine.Run(
    args,
    (options, cancellationToken) => ExitCodeAsync(
        async () =>
        {
            DemoResult result = await new Demo(options, console).RunAsync(cancellationToken);
            Show(result, console);
            if (result.Statement is { } statement)
                StatementTable.Show(statement, console);
            if (options.Json is { } file)
                JsonFile.Write(file, result);
            return result.IsGood;
        },
        cancellationToken),
    (options, cancellationToken) => ExitCodeAsync(
        async () =>
        {
            DoorsResult result = await new DoorsDemo(options, console).RunAsync(cancellationToken);
            DoorsTable.Show(result, console);
            if (options.Json is { } file)
                JsonFile.Write(file, result);
            return result.IsGood;
        },
        cancellationToken));

static async Task<int> ExitCodeAsync(Func<Task<bool>> run, CancellationToken cancellationToken)
{
    try
    {
        return await run() ? 0 : 1;
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
}

static void Show(DemoResult result, IAnsiConsole console)
{
    Table table = new Table().Border(TableBorder.Rounded).AddColumn("Result").AddColumn(new TableColumn("").RightAligned());
    table.AddRow("events acknowledged", TableText.Count(result.Acknowledged));
    table.AddRow("lost", TableText.Verdict(result.Lost));
    table.AddRow("found beyond the acknowledged", TableText.Count(result.Beyond));
    table.AddRow("mismatched", TableText.Verdict(result.Mismatched));
    table.AddRow("transactions per second", TableText.Count((long)result.ThroughputPerSecond));
    table.AddRow("p50 / p99", string.Create(CultureInfo.InvariantCulture, $"{result.P50Ms:F1} ms / {result.P99Ms:F1} ms"));
    if (result.Chaos is { } chaos)
    {
        table.AddRow("silos", TableText.Count(chaos.Silos));
        foreach ((string kind, int count) in chaos.Faults)
            table.AddRow(kind + "s", TableText.Count(count));
        table.AddRow("calls made again", TableText.Count(chaos.Repeated));
        table.AddRow("writes of stale activations refused", TableText.Count(chaos.StaleRefused));
        table.AddRow("accounts that answered with an old state (must be 0)", TableText.Verdict(chaos.Outdated));
        console.Write(table);
        return;
    }

    table.AddRow("kills", TableText.Count(result.Kills));
    table.AddRow("recovery, until ready", string.Create(CultureInfo.InvariantCulture, $"{result.RecoveryMs:F0} ms"));
    table.AddRow("events replayed by activations", TableText.Count(result.ReplayedEvents));
    console.Write(table);
}
