using System.CommandLine;
using Actors.Cli.Output;
using Actors.Wal.Salvage;
using Actors.Wal.Segments;
using Actors.Wal.Storage;
using Spectre.Console;

namespace Actors.Cli.Commands;

/// <summary>Makes a new store of what validates in a damaged one.</summary>
internal static class SalvageCommand
{
    private const string Instead = "Restore a backup of a damaged PostgreSQL server; 'walctl verify' names what is wrong in the store's rows, and 'walctl copy --streams' takes what can be read.";

    // The largest number of lines that a terminal shows. JSON has all of them.
    private const int ShownLines = 40;

    public static Command Make()
    {
        Argument<string> source = CommandLine.LocalOnly(new("source") { Description = "The damaged store's directory; it is only read" }, Instead);
        Argument<string> target = CommandLine.LocalOnly(new("target") { Description = "The directory for the new store; it must not be there, or be empty" }, "Salvage into a directory, and move that store with 'walctl copy'.");
        Option<bool> json = CommandLine.Json();
        var command = new Command("salvage", "After damage: writes a new store with everything of a damaged one that validates, and says what is missing. The damaged store is only read; stop what uses it first. Ends with 0 if nothing was lost, with 1 if something was.\n\nExamples:\n  walctl salvage /data /data-new\n  walctl salvage /data /data-new --json > missing.json") { source, target, json };
        command.SetAction(async (result, cancellationToken) =>
        {
            string from = result.GetValue(source)!;
            if (!Directory.Exists(from))
                throw new DirectoryNotFoundException($"There is no store in '{from}'.");
            using DirectoryLock closed = DirectoryLock.Share(from, Path.Combine(from, SegmentFiles.LockFile));
            var storage = new ReadOnlyStorage(new FileStorage(from));
            string to = result.GetValue(target)!;
            SalvageReport report = result.GetValue(json)
                ? await new StoreSalvage(storage, to).RunAsync(cancellationToken)
                : await RunWithProgressAsync(storage, to, cancellationToken);
            if (result.GetValue(json))
                JsonLines.Write(Of(report));
            else
                Show(report, to);
            return report.IsComplete ? ExitCodes.Fine : ExitCodes.Damaged;
        });
        return command;
    }

    private static Task<SalvageReport> RunWithProgressAsync(ReadOnlyStorage storage, string target, CancellationToken cancellationToken)
        => Terminal.Open().Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(context =>
            {
                Dictionary<SalvageStage, ProgressTask> tasks = [];
                var salvage = new StoreSalvage(storage, target)
                {
                    Progress = (stage, done, total) =>
                    {
                        if (!tasks.TryGetValue(stage, out ProgressTask? task))
                            tasks.Add(stage, task = context.AddTask(stage.ToString()));
                        task.MaxValue = Math.Max(1, total);
                        task.Value = total == 0 ? 1 : done;
                    },
                };
                return salvage.RunAsync(cancellationToken);
            });

    private static void Show(SalvageReport report, string target)
    {
        IAnsiConsole console = Terminal.Open();
        console.Write(new Table().Border(TableBorder.Rounded).AddColumn("Salvaged").AddColumn(new TableColumn("").RightAligned())
            .AddRow("segments", Shown.Number(report.Segments))
            .AddRow("bytes", Shown.Number(report.Bytes))
            .AddRow("places that don't validate", Shown.Number(report.Damage.Count))
            .AddRow("records found", Shown.Number(report.Found))
            .AddRow("records lost", Shown.Number(report.Lost.Sum(l => l.Records)))
            .AddRow("streams in the new store", Shown.Number(report.Kept.Streams))
            .AddRow("events in the new store", Shown.Number(report.Kept.Events))
            .AddRow("streams that lost something, or may have", Shown.Number(report.Streams.Count)));
        Print(report.Damage, a => $"{a.File}, offset {a.OffsetBytes}: {a.What} {a.Bytes} bytes gave nothing{(a.Frames > 0 ? $"; records found one by one: {a.Frames}" : "")}.");
        Print(report.Lost, l => $"LSN {(l.First == l.Last ? l.First : $"{l.First}-{l.Last}")}: {(l.IsExact ? "records lost" : "records lost at most")}: {l.Records}.");
        if (report.TornBytes > 0)
            Console.WriteLine($"{report.TornBytes} bytes at the end are no valid batch, and nothing proves that they were durable: a write that was never acknowledged, as at an opening.");
        if (report.EndUnknown is { } why)
            Console.WriteLine($"More may be lost at the end, of any stream, also of streams that are not named here: {why}");
        if (report.Streams.Count > 0)
            console.Write(TableOf(report.Streams));
        if (report.Streams.Count > ShownLines)
            Console.WriteLine($"And {report.Streams.Count - ShownLines} streams more; --json lists all.");
        Console.WriteLine(report.IsComplete ? $"Nothing is lost. The new store is in '{target}'." : $"The new store is in '{target}'.");
    }

    private static void Print<T>(IReadOnlyList<T> items, Func<T, string> line)
    {
        foreach (T item in items.Take(ShownLines))
            Console.WriteLine(line(item));
        if (items.Count > ShownLines)
            Console.WriteLine($"And {items.Count - ShownLines} more; --json lists all.");
    }

    private static Table TableOf(IReadOnlyList<StreamLoss> streams)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumn("stream").AddColumn("events kept").AddColumn("events lost").AddColumn("newest state");
        foreach (StreamLoss s in streams.Take(ShownLines))
            table.AddRow(Shown.Name(s.Stream.Value), s.Kept is { } kept ? Text(kept) : "none", string.Join(", ", s.Lost.Select(Text)), Text(s.Outcome));
        return table;
    }

    private static string Text(SequenceRange range)
        => range.To < range.From ? $"none, a checkpoint at {range.To}" : range.From == range.To ? $"{range.From}" : $"{range.From}-{range.To}";

    private static string Text(StreamOutcome outcome) => outcome switch
    {
        StreamOutcome.Complete => "complete",
        StreamOutcome.MayBeOlder => "may be older: what was lost may be of this stream",
        StreamOutcome.Older => "older: later events are lost",
        _ => "lost",
    };

    private static ReportLine Of(SalvageReport report) => new(
        report.IsComplete,
        report.StoreId,
        report.Segments,
        report.Bytes,
        report.Found,
        report.Damage,
        [.. report.Lost.Select(l => new LostLine(l.First.Value, l.Last.Value, l.Records, l.IsExact))],
        report.TornBytes,
        report.EndUnknown,
        report.Kept,
        [.. report.Streams.Select(s => new StreamLine(
            s.Stream.Value,
            s.Outcome.ToString(),
            s.Kept is { } kept ? Of(kept) : null,
            [.. s.Lost.Select(Of)],
            [.. s.GivenUp.Select(g => new GivenUpLine(g.Sequences.From.Value, g.Sequences.To.Value, g.FirstLsn.Value, g.LastLsn.Value))]))]);

    private static RangeLine Of(SequenceRange range) => new(range.From.Value, range.To.Value);

    private sealed record ReportLine(
        bool Complete, Guid StoreId, int Segments, long Bytes, long Found, IReadOnlyList<DamagedArea> Damage, IReadOnlyList<LostLine> Lost, long TornBytes, string? EndUnknown, KeptRecords Kept, IReadOnlyList<StreamLine> Streams);

    private sealed record LostLine(long FirstLsn, long LastLsn, long Records, bool Exact);

    private sealed record RangeLine(long From, long To);

    private sealed record GivenUpLine(long From, long To, long FirstLsn, long LastLsn);

    private sealed record StreamLine(string Stream, string Outcome, RangeLine? Kept, IReadOnlyList<RangeLine> Lost, IReadOnlyList<GivenUpLine> GivenUp);
}
