using System.CommandLine;
using Actors.Cli.Output;
using Actors.Cli.Stores;
using Actors.Wal.Compaction;
using Actors.Wal.Segments;
using Spectre.Console;

namespace Actors.Cli.Commands;

/// <summary>Counts a log's records by kind, and the bytes of them that are live.</summary>
internal static class StatsCommand
{
    public static Command Make()
    {
        Argument<string> store = CommandLine.Store();
        Option<bool> json = CommandLine.Json();
        var command = new Command("stats", "Reads a whole log and counts its records and what is live of them.\n\nExamples:\n  walctl stats /data\n  walctl stats /data --json\n  walctl stats postgres://silo@db/bank") { store, json };
        command.SetAction(async (result, cancellationToken) =>
        {
            var address = StoreAddress.Parse(result.GetValue(store)!);
            if (address is PostgresAddress postgres)
                return await PostgresCommands.StatsAsync(postgres, result.GetValue(json), cancellationToken);
            using var log = ReadOnlyLog.Open(((LocalAddress)address).Directory);
            Statistics statistics = Of(log);
            if (result.GetValue(json))
                JsonLines.Write(statistics);
            else
                Show(statistics);
            return ExitCodes.Fine;
        });
        return command;
    }

    private static Statistics Of(ReadOnlyLog log)
    {
        SegmentEstimate estimate = log.Estimate();
        var kinds = new SortedDictionary<LogRecordKind, (long Records, long Bytes, long Payload)>();
        long live = 0;
        long all = 0;
        foreach (Segment segment in log.Segments)
        {
            (long liveHere, long allHere) = estimate.CountOf(segment, frame =>
            {
                (long records, long bytes, long payload) = kinds.GetValueOrDefault(frame.Kind);
                kinds[frame.Kind] = (records + 1, bytes + frame.PaddedBytes, payload + frame.PayloadBytes);
            });
            live += liveHere;
            all += allHere;
        }

        return new Statistics(
            log.Streams,
            all,
            live,
            log.Segments.Sum(s => s.File.LengthBytes),
            [.. kinds.Select(k => new KindLine(k.Key.ToString(), k.Value.Records, k.Value.Bytes, k.Value.Payload))]);
    }

    private static void Show(Statistics statistics)
    {
        IAnsiConsole console = Terminal.Open();
        Table kinds = new Table().Border(TableBorder.Rounded).AddColumn("kind");
        foreach (string column in new[] { "records", "bytes", "payload" })
            kinds.AddColumn(new TableColumn(column).RightAligned());
        foreach (KindLine kind in statistics.Kinds)
            kinds.AddRow(kind.Kind, Shown.Number(kind.Records), Shown.Number(kind.Bytes), Shown.Number(kind.PayloadBytes));
        console.Write(kinds);
        console.Write(new Table().Border(TableBorder.Rounded).AddColumn("Log").AddColumn(new TableColumn("").RightAligned())
            .AddRow("streams", Shown.Number(statistics.Streams))
            .AddRow("bytes of records", Shown.Number(statistics.Bytes))
            .AddRow("of them live", $"{Shown.Number(statistics.LiveBytes)} ({Shown.Percent(statistics.Bytes == 0 ? 1 : (double)statistics.LiveBytes / statistics.Bytes)})")
            .AddRow("bytes of files", Shown.Number(statistics.FileBytes)));
    }

    private sealed record Statistics(long Streams, long Bytes, long LiveBytes, long FileBytes, IReadOnlyList<KindLine> Kinds);

    private sealed record KindLine(string Kind, long Records, long Bytes, long PayloadBytes);
}
