using System.CommandLine;
using System.Globalization;
using Actors.Cli.Benching;
using Actors.Cli.Output;
using Spectre.Console;

namespace Actors.Cli.Commands;

/// <summary>Measures how fast a directory's disk flushes, and explains the result.</summary>
internal static class BenchCommand
{
    private static readonly int[] Sizes = [512, 4096, 65_536, 1_048_576];

    public static Command Make()
    {
        Argument<string> directory = CommandLine.LocalOnly(new("directory") { Description = "A directory on the disk; a file of 64 MiB is made in it and removed" }, "For PostgreSQL, run it on the disk of the server's pg_wal, or pg_test_fsync there.");
        var seconds = new Option<double>("--seconds") { Description = "How long each size is measured (0.1 to 600)", DefaultValueFactory = _ => 1 };
        seconds.Validators.Add(result =>
        {
            if (result.Tokens is [{ } token, ..] && (!double.TryParse(token.Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) || value is < 0.1 or > 600))
                result.AddError($"--seconds '{token.Value}' must be a number from 0.1 to 600.");
        });
        Option<bool> json = CommandLine.Json();
        var command = new Command("bench", "Measures writes and flushes on a disk as the log makes them, and says what to expect.\n\nExamples:\n  walctl bench /data\n  walctl bench /data --seconds 10 --json") { directory, seconds, json };
        command.SetAction((result, cancellationToken) =>
        {
            string path = result.GetValue(directory)!;
            using var bench = new FlushBench(path);
            var figures = new List<FlushFigures>();
            foreach (int size in Sizes)
            {
                cancellationToken.ThrowIfCancellationRequested();
                figures.Add(bench.Measure(size, TimeSpan.FromSeconds(result.GetValue(seconds))));
            }

            List<string> advice = [.. Advice.Of(figures[1], figures[^1], new DriveInfo(Path.GetFullPath(path)).DriveFormat)];
            if (result.GetValue(json))
                JsonLines.Write(new { figures, advice });
            else
                Show(figures, advice);
            return Task.FromResult(ExitCodes.Fine);
        });
        return command;
    }

    private static void Show(List<FlushFigures> figures, List<string> advice)
    {
        Table table = new Table().Border(TableBorder.Rounded);
        foreach (string column in new[] { "batch, bytes", "flushes/s", "MB/s", "p50, µs", "p99, µs", "longest, µs" })
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (FlushFigures f in figures)
            table.AddRow(Shown.Number(f.Bytes), Shown.Number((long)f.FlushesPerSecond), Shown.Number((long)f.MegabytesPerSecond), Shown.Number((long)f.P50Micros), Shown.Number((long)f.P99Micros), Shown.Number((long)f.LongestMicros));
        Terminal.Open().Write(table);
        foreach (string line in advice)
            Console.WriteLine(line);
    }
}
