using System.Diagnostics;
using System.Globalization;
using Actors.Wal;
using Actors.Wal.Local;
using Spectre.Console;

namespace Actors.Benchmarks.Opening;

/// <summary>Measures the opening of a store with many streams and a long history: its time, the bytes read, and the memory in use.</summary>
internal sealed class OpenBenchmark(string directory, int streams, int historyGib, IAnsiConsole console)
{
    private const int Rounds = 5;
    private const int Writers = 64;
    private const int EventBytes = 100;
    private const int SegmentsPerGib = 16;

    // The history has no live frames. This share keeps compaction from removing it.
    private LocalLogStoreOptions Options => new() { Directory = directory, Sync = SyncPolicy.Never, MaxDeadShare = 1 };

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        console.MarkupLineInterpolated($"Writing {historyGib} GiB of history in sparse segments, then {streams:N0} streams of one event of {EventBytes} bytes.");
        LongHistory.Write(directory, historyGib * SegmentsPerGib);
        await WriteAsync(cancellationToken);
        await Task.Yield();
        var openings = new List<Opened>();
        for (int round = 0; round < Rounds; round++)
        {
            openings.Add(await OpenAsync(round, cancellationToken));
            await Task.Yield(); // leaves the frames of the calls that still reference the store
        }

        Show(openings);
    }

    private async Task<Opened> OpenAsync(int round, CancellationToken cancellationToken)
    {
        long before = Memory();
        await using LocalLogStore store = await LocalLogStore.OpenAsync(Options, cancellationToken);
        long after = Memory();
        await ReadOneAsync(store, new Random(round).Next(streams));
        return new Opened(store.Recovery, (after - before) / (double)store.Recovery.Streams);
    }

    /// <summary>Returns the memory in use after finalizers have run.</summary>
    private static long Memory()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        await using LocalLogStore store = await LocalLogStore.OpenAsync(Options, cancellationToken);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(w => Task.Run(
            async () =>
            {
                var data = new EventData(new byte[EventBytes]);
                for (int i = w; i < streams && !cancellationToken.IsCancellationRequested; i += Writers)
                {
                    await using ILogStream stream = await store.OpenAsync(Name(i), cancellationToken: cancellationToken);
                    await stream.AppendAsync(data, cancellationToken: cancellationToken);
                }
            },
            cancellationToken)));
        console.MarkupLineInterpolated($"Written in {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s.");
    }

    private static async Task ReadOneAsync(LocalLogStore store, int number)
    {
        await using ILogStream stream = await store.OpenAsync(Name(number));
        if (stream.Head != new Sequence(1))
            throw new ScenarioFailedException($"Stream '{stream.Id}' is at {stream.Head} after opening.");
    }

    private static LogStreamId Name(int number) => new(string.Create(CultureInfo.InvariantCulture, $"account/{number}"));

    private void Show(List<Opened> openings)
    {
        RecoveryReport report = openings[^1].Report;
        double[] elapsed = [.. openings.Select(o => o.Report.Elapsed.TotalSeconds).Order()];
        Table table = new Table().Border(TableBorder.Rounded).AddColumn("Opening").AddColumn(new TableColumn("").RightAligned());
        Row("streams", $"{report.Streams:N0}");
        Row("segments", $"{Directory.EnumerateFiles(Path.Combine(directory, "segments")).Count():N0}");
        Row("of them read to their ends", $"{report.Segments:N0}");
        Row("bytes read of them", $"{report.Bytes:N0}");
        Row($"opened in, median and most of {Rounds}, seconds", $"{elapsed[elapsed.Length / 2]:F2} / {elapsed[^1]:F2}");
        Row("memory per stream, most, bytes", $"{openings.Max(o => o.BytesPerStream):F1}");
        console.Write(table);

        void Row(string name, FormattableString value) => table.AddRow(name, value.ToString(CultureInfo.InvariantCulture));
    }

    private sealed record Opened(RecoveryReport Report, double BytesPerStream);
}
