using System.CommandLine;
using Actors.Cli.Output;
using Actors.Wal.Local;
using Spectre.Console;

namespace Actors.Cli.Commands;

/// <summary>Compacts a store or saves its index at once, as a store does by itself while it is open. Takes the store's lock.</summary>
internal static class UpkeepCommands
{
    public static Command Compact()
    {
        Argument<string> directory = CommandLine.Directory("In PostgreSQL the silos delete what no stream keeps (TrimAfter), and autovacuum wins its room back; VACUUM does that at once.");
        var share = new Option<double>("--max-dead-share")
        {
            Description = "What share of the log may be dead bytes afterwards (0.01 to 1)",
            DefaultValueFactory = _ => 0.05,
        };
        share.Require(s => s is >= 0.01 and <= 1, "must be a number from 0.01 to 1.");
        var compress = new Option<bool>("--compress") { Description = "Compress all sealed segments" };
        Option<bool> json = CommandLine.Json();
        var command = new Command("compact", "Wins back the space of records that no reader can reach any more. The store must not be in use.\n\nExamples:\n  walctl compact /data\n  walctl compact /data --max-dead-share 0.2\n  walctl compact /data --compress") { directory, share, compress, json };
        command.SetAction((result, token) => RunAsync(result.GetValue(directory)!, result.GetValue(share), result.GetValue(compress), result.GetValue(json), token));
        return command;
    }

    public static Command SaveIndex()
    {
        Argument<string> directory = CommandLine.Directory("A PostgreSQL store has no index of its own to save, and opens at once.");
        Option<bool> json = CommandLine.Json();
        var command = new Command("save-index", "Saves the index of a store, so that its next opening reads hardly any log. The store must not be in use.\n\nExamples:\n  walctl save-index /data") { directory, json };
        command.SetAction((result, token) => RunAsync(result.GetValue(directory)!, 1, false, result.GetValue(json), token));
        return command;
    }

    private static async Task<int> RunAsync(string directory, double maxDeadShare, bool compress, bool json, CancellationToken token)
    {
        ReadOnlyLog.Storage(directory); // fails if there is no store, instead of creating one
        CompactionReport report;
        await using (LocalLogStore store = await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = directory, CompactionBytesPerSecond = long.MaxValue }, token))
            report = await store.CompactAsync(maxDeadShare, compress, token);
        if (json)
        {
            JsonLines.Write(new Result(report.IndexedLsn?.Value, report.Segments, report.BytesBefore, report.BytesAfter));
            return ExitCodes.Fine;
        }

        Terminal.Open().Write(new Table().Border(TableBorder.Rounded).AddColumn("Done").AddColumn(new TableColumn("").RightAligned())
            .AddRow("index saved through LSN", report.IndexedLsn is { } lsn ? Shown.Number(lsn.Value) : "none: there is no sealed segment")
            .AddRow("segments compacted", Shown.Number(report.Segments))
            .AddRow("their bytes before", Shown.Number(report.BytesBefore))
            .AddRow("their bytes now", Shown.Number(report.BytesAfter)));
        return ExitCodes.Fine;
    }

    private sealed record Result(long? IndexedLsn, long Segments, long BytesBefore, long BytesAfter);
}
