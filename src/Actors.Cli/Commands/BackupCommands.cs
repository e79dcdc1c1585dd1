using System.CommandLine;
using System.Globalization;
using Actors.Cli.Output;
using Actors.Wal.Backup;
using Spectre.Console;

namespace Actors.Cli.Commands;

/// <summary>Makes backups of a store, and stores from backups.</summary>
internal static class BackupCommands
{
    private const string ServerBackup = "A PostgreSQL store is backed up with its server: pg_dump --schema, or pg_basebackup with WAL archiving for any point in time. 'walctl copy' makes a local store of it.";
    private const string ServerRestore = "A PostgreSQL store is restored with its server: pg_restore, or recovery to a point in time. 'walctl copy' moves a local store into it.";

    public static Command Backup()
    {
        Argument<string> directory = CommandLine.Directory(ServerBackup);
        Argument<string> target = CommandLine.LocalOnly(new("target") { Description = "The backup's directory, which must not exist" }, ServerBackup);
        var previous = new Option<string?>("--previous") { Description = "An earlier backup beside the target: what it has is not copied again", HelpName = "DIR" };
        var link = new Option<bool>("--link") { Description = "Let sealed segments share the store's own files: quick, and of no help when the disk fails" };
        Option<bool> json = CommandLine.Json();
        var command = new Command("backup", "Copies a store up to its last durable record, also while a silo is writing. The copy is a store by itself.\n\nExamples:\n  walctl backup /data /backups/monday\n  walctl backup /data /backups/tuesday --previous /backups/monday") { directory, target, previous, link, json };
        command.SetAction((result, token) => RunAsync(
            "Copying",
            result.GetValue(json),
            progress => LogStoreBackup.CreateAsync(
                result.GetValue(directory)!,
                result.GetValue(target)!,
                new BackupOptions { Previous = result.GetValue(previous), Link = result.GetValue(link), Progress = progress },
                token)));
        return command;
    }

    public static Command Restore()
    {
        Argument<string> backup = CommandLine.LocalOnly(new("backup") { Description = "The backup's directory" }, ServerRestore);
        Argument<string> directory = CommandLine.LocalOnly(new("directory") { Description = "The new store's directory, which must not exist" }, ServerRestore);
        var toLsn = new Option<long?>("--to-lsn") { Description = "Restore up to this record", HelpName = "N" };
        toLsn.Require(lsn => lsn >= 1, "must be 1 or more.");
        var toTime = new Option<DateTimeOffset?>("--to-time")
        {
            Description = "Restore up to this time, such as 2026-11-21T14:30:00Z; UTC where no offset is given",
            HelpName = "TIME",
            CustomParser = result =>
            {
                if (DateTimeOffset.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time))
                    return time;
                result.AddError($"--to-time '{result.Tokens[0].Value}' is no time; write it as 2026-11-21T14:30:00Z.");
                return null;
            },
        };
        var archive = new Option<string?>("--archive") { Description = "A directory of archived segments: for what compaction has dropped, and what came after the backup", HelpName = "DIR" };
        Option<bool> json = CommandLine.Json();
        var command = new Command("restore", "Makes a store of a backup, as of a record or a time if one is given.\n\nExamples:\n  walctl restore /backups/monday /data\n  walctl restore /backups/monday /data --to-time 2026-11-21T14:30:00Z --archive /archive") { backup, directory, toLsn, toTime, archive, json };
        command.Validators.Add(result =>
        {
            if (result.GetResult(toLsn) is not null && result.GetResult(toTime) is not null)
                result.AddError("--to-lsn and --to-time exclude each other: name one point.");
        });
        command.SetAction((result, token) => RunAsync(
            "Restoring",
            result.GetValue(json),
            progress => LogStoreBackup.RestoreAsync(
                result.GetValue(backup)!,
                result.GetValue(directory)!,
                new RestoreOptions
                {
                    ToLsn = result.GetValue(toLsn) is { } lsn ? new Lsn(lsn) : null,
                    ToTime = result.GetValue(toTime),
                    Archive = result.GetValue(archive),
                    Progress = progress,
                },
                token)));
        return command;
    }

    private static async Task<int> RunAsync(string what, bool json, Func<Action<int, int>, Task<BackupReport>> run)
    {
        if (json)
        {
            BackupReport made = await run(static (_, _) => { });
            JsonLines.Write(new Result(made.LastLsn.Value, made.Time, made.Segments, made.Linked, made.CopiedBytes));
            return ExitCodes.Fine;
        }

        IAnsiConsole console = Terminal.Open();
        BackupReport report = await console.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(context =>
            {
                ProgressTask task = context.AddTask(what);
                return run((done, all) =>
                {
                    task.MaxValue = Math.Max(1, all);
                    task.Value = done;
                });
            });
        console.Write(new Table().Border(TableBorder.Rounded).AddColumn("Holds").AddColumn(new TableColumn("").RightAligned())
            .AddRow("records through LSN", Shown.Number(report.LastLsn.Value))
            .AddRow("as of", Shown.Time(report.Time))
            .AddRow("segments", Shown.Number(report.Segments))
            .AddRow("of them linked", Shown.Number(report.Linked))
            .AddRow("bytes copied", Shown.Number(report.CopiedBytes)));
        return ExitCodes.Fine;
    }

    private sealed record Result(long LastLsn, DateTimeOffset Time, int Segments, int Linked, long CopiedBytes);
}
