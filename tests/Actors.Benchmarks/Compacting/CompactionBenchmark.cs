using System.Diagnostics;
using System.Globalization;
using Actors.Benchmarks.Measuring;
using Actors.Wal;
using Actors.Wal.Local;
using Spectre.Console;

namespace Actors.Benchmarks.Compacting;

/// <summary>
/// Overwrites the states of many streams at random until several times the log's size was written, with and without compaction.
/// Reports the bytes that compaction writes, its effect on the callers, and the size of the files.
/// </summary>
internal sealed class CompactionBenchmark(BenchmarkDirectory directory, CompactionOptions options, IAnsiConsole console)
{
    private const int Callers = 256;
    private const long SegmentBytes = 16 * 1024 * 1024;
    private const int FrameBytes = 128;

    private static readonly StreamOptions LastState = new() { Retention = Retention.Last };

    // At this size half of the log is live.
    private long LogBytes => 2L * options.Streams * (options.StateBytes + FrameBytes);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        console.MarkupLineInterpolated($"{options.Streams:N0} streams of one state of {options.StateBytes:N0} bytes, overwritten at random by {Callers} callers, {(options.Rate == 0 ? "as fast as they can" : $"{options.Rate:N0} times a second")}, until {options.Turns} × {LogBytes / 1e6:N0} MB were written.");
        var without = new List<Load>();
        var with = new List<Load>();
        for (int round = 0; round < options.Rounds; round++)
        {
            without.Add(await LoadAsync(1, round, cancellationToken));
            with.Add(await LoadAsync(0.5, round, cancellationToken));
        }

        Show(without, with);
    }

    private async Task<Load> LoadAsync(double maxDeadShare, int seed, CancellationToken cancellationToken)
    {
        string path = directory.Next("compaction");
        await using LocalLogStore store = await LocalLogStore.OpenAsync(
            new LocalLogStoreOptions { Directory = path, SegmentBytes = SegmentBytes, IndexSnapshotBytes = 2 * SegmentBytes, MaxDeadShare = maxDeadShare }, cancellationToken);
        ILogStream[] streams = new ILogStream[options.Streams];
        await EachAsync(async (caller, data) =>
        {
            for (int i = caller; i < streams.Length && !cancellationToken.IsCancellationRequested; i += Callers)
            {
                streams[i] = await store.OpenAsync(new LogStreamId(string.Create(CultureInfo.InvariantCulture, $"state/{i}")), LastState, cancellationToken);
                await streams[i].AppendStateAsync(data, cancellationToken: cancellationToken);
            }
        });

        long filled = store.Statistics.AppendedBytes;
        var latencies = new LatencyHistogram();
        long mostFileBytes = 0;
        using var sampling = new Timer(_ => mostFileBytes = Math.Max(mostFileBytes, FileBytes(path)), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(250));
        long started = Stopwatch.GetTimestamp();
        await EachAsync(async (caller, data) =>
        {
            var random = new Random((seed * Callers) + caller);
            long calls = 0;
            while (store.Statistics.AppendedBytes - filled < options.Turns * LogBytes && !cancellationToken.IsCancellationRequested)
            {
                for (int i = 0; i < 64; i++)
                {
                    // Each caller overwrites only its own streams, so a stream never has two appends at once.
                    ILogStream stream = streams[caller + (Callers * random.Next((streams.Length - caller + Callers - 1) / Callers))];
                    await WaitAsync(started, (calls++ * Callers) + caller, cancellationToken);
                    long begun = Stopwatch.GetTimestamp();
                    await stream.AppendStateAsync(data, cancellationToken: cancellationToken);
                    latencies.Record(Stopwatch.GetTimestamp() - begun);
                }
            }
        });
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        cancellationToken.ThrowIfCancellationRequested();
        LocalStoreStatistics statistics = store.Statistics;
        if (statistics.CompactionFailures > 0)
            throw new ScenarioFailedException($"Compaction failed {statistics.CompactionFailures} times.");
        long written = statistics.AppendedBytes - filled;
        var load = new Load(
            written / (options.StateBytes + (double)FrameBytes) / elapsed.TotalSeconds,
            latencies.PercentileUs(0.5),
            latencies.PercentileUs(0.99),
            (written + statistics.CompactionBytes) / (double)written,
            mostFileBytes / (LogBytes / 2.0),
            statistics.CompactedSegments);
        await store.DisposeAsync();
        Directory.Delete(path, recursive: true);
        return load;
    }

    /// <summary>Waits until a call is due at the configured rate.</summary>
    private async ValueTask WaitAsync(long started, long call, CancellationToken cancellationToken)
    {
        if (options.Rate == 0)
            return;
        TimeSpan wait = TimeSpan.FromSeconds((double)call / options.Rate) - Stopwatch.GetElapsedTime(started);
        if (wait > TimeSpan.FromMilliseconds(1))
            await Task.Delay(wait, TimeProvider.System, cancellationToken);
    }

    private Task EachAsync(Func<int, EventData, Task> call)
        => Task.WhenAll(Enumerable.Range(0, Callers).Select(c => Task.Run(() => call(c, new EventData(new byte[options.StateBytes])))));

    private static long FileBytes(string path)
    {
        long bytes = 0;
        foreach (FileInfo file in new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            try
            {
                bytes += file.Length;
            }
            catch (FileNotFoundException)
            {
                // Compaction deleted the file after it was listed.
            }
        }

        return bytes;
    }

    private void Show(List<Load> without, List<Load> with)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumn("Overwriting").AddColumn(new TableColumn("without compaction").RightAligned()).AddColumn(new TableColumn("with").RightAligned()).AddColumn(new TableColumn("ratio").RightAligned());
        Row("appends per second", l => l.AppendsPerSecond, "N0");
        Row("p50, µs", l => l.P50Us, "N0");
        Row("p99, µs", l => l.P99Us, "N0");
        Row("bytes written per byte appended", l => l.Amplification, "F2");
        Row("most bytes of files per live byte", l => l.FileShare, "F2");
        Row("segments compacted", l => l.Compacted, "N0");
        console.Write(table);

        void Row(string name, Func<Load, double> value, string format)
        {
            double left = Median(without, value);
            double right = Median(with, value);
            table.AddRow(name, left.ToString(format, CultureInfo.InvariantCulture), right.ToString(format, CultureInfo.InvariantCulture), left == 0 ? "" : (right / left).ToString("F2", CultureInfo.InvariantCulture));
        }
    }

    private static double Median(List<Load> loads, Func<Load, double> value)
    {
        double[] values = [.. loads.Select(value).Order()];
        return values[values.Length / 2];
    }

    private sealed record Load(double AppendsPerSecond, double P50Us, double P99Us, double Amplification, double FileShare, double Compacted);
}
