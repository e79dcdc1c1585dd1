using System.CommandLine;
using System.Globalization;
using Actors.Cli.Output;
using Actors.Cli.Stores;
using Actors.Wal.Copying;
using Spectre.Console;

namespace Actors.Cli.Commands;

/// <summary>Copies a store into another one.</summary>
internal static class CopyCommand
{
    // The largest number of lines that a terminal shows. JSON has all of them.
    private const int ShownLines = 40;

    public static Command Make()
    {
        Argument<string> source = CommandLine.Store("source");
        var target = new Argument<string>("target") { Description = "A directory that is not there, or a PostgreSQL schema without streams" };
        var streams = new Option<string>("--streams") { Description = "Only the streams whose names begin so", HelpName = "PREFIX", DefaultValueFactory = _ => "" };
        Option<bool> json = CommandLine.Json();
        var command = new Command("copy", "Moves all streams of a store into a new one, from a directory into PostgreSQL or back: events with their numbers and times, checkpoints, states. Then reads the new store and compares. Stop the silos before. A copy that was stopped goes on when it is run again. Ends with 0 if the new store has everything, with 1 if not.\n\nExamples:\n  walctl copy /data \"postgres://silo@db/bank?schema=actors\"\n  walctl copy postgres://silo@db/bank /data\n  walctl copy /data /elsewhere --streams account/") { source, target, streams, json };
        command.SetAction((result, token) => RunAsync(StoreAddress.Parse(result.GetValue(source)!), StoreAddress.Parse(result.GetValue(target)!), result.GetValue(streams)!, result.GetValue(json), token));
        return command;
    }

    private static async Task<int> RunAsync(StoreAddress from, StoreAddress to, string prefix, bool json, CancellationToken token)
    {
        CopyReport report = await PostgresAddress.TryAsync(() => json || Console.IsOutputRedirected
            ? CopyAsync(from, to, new CopyOptions { Prefix = prefix }, token)
            : CopyWithProgressAsync(from, to, prefix, token));
        if (json)
            JsonLines.Write(new Result(report.IsComplete, report.Streams, report.Events, report.Checkpoints, report.Bytes, report.Copied, report.Elapsed.TotalSeconds, report.Differences, [.. report.Moved.Select(s => s.Value)]));
        else
            Show(report, from, to);
        return report.IsComplete ? ExitCodes.Fine : ExitCodes.Damaged;
    }

    private static async Task<CopyReport> CopyAsync(StoreAddress from, StoreAddress to, CopyOptions options, CancellationToken token)
    {
        await using var source = from.CopyFrom();
        await using var target = to.CopyTo();
        return await LogStoreCopy.RunAsync(source, target, options, token);
    }

    private static Task<CopyReport> CopyWithProgressAsync(StoreAddress from, StoreAddress to, string prefix, CancellationToken token)
        => Terminal.Open().Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(), new RemainingTimeColumn())
            .StartAsync(context =>
            {
                Dictionary<CopyStage, ProgressTask> tasks = [];
                var options = new CopyOptions
                {
                    Prefix = prefix,
                    Progress = (stage, done, total) =>
                    {
                        if (!tasks.TryGetValue(stage, out ProgressTask? task))
                            tasks.Add(stage, task = context.AddTask(stage.ToString()));
                        task.MaxValue = Math.Max(1, total);
                        task.Value = total == 0 ? 1 : done;
                    },
                };
                return CopyAsync(from, to, options, token);
            });

    private static void Show(CopyReport report, StoreAddress from, StoreAddress to)
    {
        double seconds = report.Elapsed.TotalSeconds;
        Terminal.Open().Write(new Table().Border(TableBorder.Rounded).AddColumn("Copied").AddColumn(new TableColumn("").RightAligned())
            .AddRow("streams", Shown.Number(report.Streams))
            .AddRow("events", Shown.Number(report.Events))
            .AddRow("checkpoints", Shown.Number(report.Checkpoints))
            .AddRow("payload bytes", Shown.Number(report.Bytes))
            .AddRow("records written by this run", Shown.Number(report.Copied))
            .AddRow("seconds", seconds.ToString("N1", CultureInfo.InvariantCulture))
            .AddRow("events per second", Shown.Number((long)(report.Events / Math.Max(seconds, 0.001))))
            .AddRow("verified", report.Differences.Count == 0 ? "yes" : "no"));
        foreach (string line in report.Differences.Take(ShownLines))
            Console.WriteLine(line);
        if (report.Differences.Count > ShownLines)
            Console.WriteLine($"And {report.Differences.Count - ShownLines} more; --json lists all.");
        if (report.Moved.Count > 0)
            Console.WriteLine($"The source was written to meanwhile: {Shown.Number(report.Moved.Count)} streams have gone on, '{Shown.Plain(report.Moved[0].Value)}' among them. Stop the silos, and run the copy again: it goes on where it is.");
        Console.WriteLine(report.IsComplete
            ? $"The new store is in '{to}'. The old one is as it was; don't use both."
            : report.Differences.Count > 0 ? $"The new store is not what '{from}' is, and can't be opened. Remove it and copy again; if that differs too, verify both." : $"The new store can't be opened before it has everything.");
    }

    private sealed record Result(bool Complete, long Streams, long Events, long Checkpoints, long Bytes, long Copied, double Seconds, IReadOnlyList<string> Differences, IReadOnlyList<string> Moved);
}
