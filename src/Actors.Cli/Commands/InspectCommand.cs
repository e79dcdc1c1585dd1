using System.CommandLine;
using Actors.Cli.Output;
using Actors.Cli.Stores;
using Spectre.Console;

namespace Actors.Cli.Commands;

/// <summary>Shows a store's segments and, on request, its streams.</summary>
internal static class InspectCommand
{
    public static Command Make()
    {
        Argument<string> store = CommandLine.Store();
        var streams = new Option<string?>("--streams")
        {
            Description = "List the streams whose names begin so; all of them without a text",
            HelpName = "PREFIX",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<bool> json = CommandLine.Json();
        var command = new Command("inspect", "Shows a store's segments, or in PostgreSQL its tables and what it waits for there, and its streams.\n\nExamples:\n  walctl inspect /data\n  walctl inspect /data --streams account/ --json\n  walctl inspect \"postgres://silo@db/bank?schema=actors&sslmode=verify-full\"") { store, streams, json };
        command.SetAction(async (result, cancellationToken) =>
        {
            string? prefix = result.GetResult(streams) is null ? null : result.GetValue(streams) ?? "";
            var address = StoreAddress.Parse(result.GetValue(store)!);
            if (address is PostgresAddress postgres)
                return await PostgresCommands.InspectAsync(postgres, prefix, result.GetValue(json), cancellationToken);
            using var log = ReadOnlyLog.Open(((LocalAddress)address).Directory);
            List<StreamLine>? list = prefix is null ? null : [];
            LogCorruptException? damage = list is null ? null : List(log, prefix!, list);
            Inspection inspection = Of(log, list);
            if (result.GetValue(json))
                JsonLines.Write(inspection);
            else
                Show(inspection);
            return damage is null ? ExitCodes.Fine : throw damage;
        });
        return command;
    }

    /// <summary>Lists the streams that can be read.</summary>
    /// <returns>The damage of the other streams; null when there is none.</returns>
    private static LogCorruptException? List(ReadOnlyLog log, string prefix, List<StreamLine> list)
    {
        try
        {
            foreach (StreamInfo stream in log.List(prefix))
                list.Add(StreamLine.Of(stream));
            return null;
        }
        catch (LogCorruptException e)
        {
            return e;
        }
    }

    private static Inspection Of(ReadOnlyLog log, List<StreamLine>? list) => new(
        log.Manifest.StoreId,
        log.Manifest.DirectoryEpoch,
        log.IsClosed,
        log.LastLsn.Value,
        log.Streams,
        [.. log.Inspect().Segments().Select(Of)],
        list);

    private static SegmentLine Of(SegmentInfo s) => new(
        s.First,
        s.Last,
        s.IsCold,
        s.Bytes,
        s.FileBytes,
        s.FirstLsn.Value,
        s.LastLsn.Value,
        s.Records,
        Math.Round(s.LiveShare, 2),
        s.DirectoryEpoch,
        s.Created);

    private static void Show(Inspection inspection)
    {
        IAnsiConsole console = Terminal.Open();
        console.Write(new Table().Border(TableBorder.Rounded).AddColumn("Store").AddColumn($"{inspection.StoreId}")
            .AddRow("opened so often", Shown.Number(inspection.DirectoryEpoch))
            .AddRow("closed", inspection.Closed ? "yes" : "no: in use, or its owner was killed")
            .AddRow("streams", Shown.Number(inspection.Streams))
            .AddRow("records", Shown.Number(inspection.LastLsn))
            .AddRow("segments", Shown.Number(inspection.Segments.Count))
            .AddRow("bytes of log", Shown.Number(inspection.Segments.Sum(s => s.Bytes)))
            .AddRow("bytes of files", Shown.Number(inspection.Segments.Sum(s => s.FileBytes))));
        Table segments = new Table().Border(TableBorder.Rounded);
        foreach (string column in new[] { "segment", "kind", "bytes", "file", "first LSN", "last LSN", "records", "live", "epoch", "made" })
            segments.AddColumn(new TableColumn(column).RightAligned());
        foreach (SegmentLine s in inspection.Segments)
            segments.AddRow(s.Segment == s.LastSegment ? Shown.Number(s.Segment) : $"{Shown.Number(s.Segment)}-{Shown.Number(s.LastSegment)}", s.Cold ? "cold" : "log", Shown.Number(s.Bytes), Shown.Number(s.FileBytes), Shown.Number(s.FirstLsn), Shown.Number(s.LastLsn), Shown.Number(s.Records), Shown.Percent(s.LiveShare), s.Epoch is { } epoch ? Shown.Number(epoch) : "", s.Made is { } made ? Shown.Time(made) : "");
        console.Write(segments);
        if (inspection.StreamList is { } list)
            console.Write(StreamLine.TableOf(list));
    }

    private sealed record Inspection(Guid StoreId, long DirectoryEpoch, bool Closed, long LastLsn, long Streams, IReadOnlyList<SegmentLine> Segments, IReadOnlyList<StreamLine>? StreamList);

    private sealed record SegmentLine(uint Segment, uint LastSegment, bool Cold, long Bytes, long FileBytes, long FirstLsn, long LastLsn, long Records, double LiveShare, long? Epoch, DateTimeOffset? Made);
}
