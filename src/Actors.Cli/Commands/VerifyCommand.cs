using System.CommandLine;
using Actors.Cli.Output;
using Actors.Cli.Stores;
using Actors.Wal.Recovery;
using Actors.Wal.Storage;
using Spectre.Console;

namespace Actors.Cli.Commands;

/// <summary>Verifies that everything in a store is as it was written.</summary>
internal static class VerifyCommand
{
    public static Command Make()
    {
        Argument<string> store = CommandLine.Store();
        Option<bool> json = CommandLine.Json();
        var command = new Command("verify", "Reads all of a store and validates every checksum, the chain of batches and segments, and the snapshots of the index; in PostgreSQL, where the server answers for the bytes, the chain of each stream's rows. Ends with 0 if all is right, with 1 if not.\n\nExamples:\n  walctl verify /data\n  walctl verify /data --json\n  walctl verify postgres://silo@db/bank") { store, json };
        command.SetAction(async (result, cancellationToken) =>
        {
            var address = StoreAddress.Parse(result.GetValue(store)!);
            if (address is PostgresAddress postgres)
                return await PostgresCommands.VerifyAsync(postgres, result.GetValue(json), cancellationToken);
            using PinnedStorage storage = PinnedStorage.Open(ReadOnlyLog.Storage(((LocalAddress)address).Directory));
            VerificationReport report = result.GetValue(json)
                ? Run(storage, static (_, _) => { }, cancellationToken)
                : RunWithProgress(storage, cancellationToken);
            if (result.GetValue(json))
                JsonLines.Write(report);
            else
                Show(report);
            return report.Problems.Count == 0 ? ExitCodes.Fine : ExitCodes.Damaged;
        });
        return command;
    }

    private static VerificationReport RunWithProgress(IStorage storage, CancellationToken cancellationToken)
        => Terminal.Open().Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask("Verifying");
                return Run(
                    storage,
                    (done, total) =>
                    {
                        task.MaxValue = Math.Max(1, total);
                        task.Value = done;
                    },
                    cancellationToken);
            });

    private static VerificationReport Run(IStorage storage, Action<long, long> progress, CancellationToken cancellationToken)
    {
        using var verification = new LogVerification(storage, StoreDirectory.Read(storage)) { Progress = progress };
        return verification.Run(cancellationToken);
    }

    private static void Show(VerificationReport report)
    {
        IAnsiConsole console = Terminal.Open();
        console.Write(new Table().Border(TableBorder.Rounded).AddColumn("Verified").AddColumn(new TableColumn("").RightAligned())
            .AddRow("segments", Shown.Number(report.Segments))
            .AddRow("bytes", Shown.Number(report.Bytes))
            .AddRow("batches", Shown.Number(report.Batches))
            .AddRow("frames", Shown.Number(report.Frames))
            .AddRow("streams", report.Streams is { } streams ? Shown.Number(streams) : "can't be told")
            .AddRow("last LSN", Shown.Number(report.LastLsn.Value))
            .AddRow("problems", Shown.Number(report.Problems.Count)));
        foreach (LogProblem problem in report.Problems)
            Console.WriteLine($"{problem.File}, offset {problem.OffsetBytes}: {problem.What}");
    }
}
