using System.Diagnostics;
using System.Globalization;
using Actors.Benchmarks.Grains;
using Actors.Benchmarks.Hosting;
using Actors.Benchmarks.Measuring;
using Spectre.Console;

namespace Actors.Benchmarks.Journaling;

/// <summary>
/// Measures the cost of one more event for a single caller, by the length of the log. The same journaled grain runs on Orleans'
/// providers, both with memory storage, and on the write-ahead log on disk.
/// </summary>
internal sealed class JournaledBenchmark(BenchmarkDirectory directory, JournaledOptions options, IAnsiConsole console)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private long _nextKey;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using BenchmarkSilo silo = await BenchmarkSilo.StartAsync(directory, null, null, cancellationToken);
        (string Name, Func<long, IJournaledAdder> Grain)[] providers =
        [
            ("LogStorage, in memory", key => silo.Grains.GetGrain<ILogStorageAdder>(key)),
            ("StateStorage, in memory (keeps no log)", key => silo.Grains.GetGrain<IStateStorageAdder>(key)),
            ("write-ahead log, on the disk", key => silo.Grains.GetGrain<IWalJournaledAdder>(key)),
        ];
        var costs = new Dictionary<(string, int), List<Cost>>();
        for (int round = -1; round < options.Rounds; round++)
        {
            foreach (int length in options.Lengths)
            {
                foreach ((string name, Func<long, IJournaledAdder> grain) in providers)
                {
                    Cost cost = await MeasureAsync(grain, length, cancellationToken);
                    if (round >= 0)
                        (costs.TryGetValue((name, length), out List<Cost>? all) ? all : costs[(name, length)] = []).Add(cost);
                }
            }
        }

        Show(providers.Select(p => p.Name), costs);
    }

    /// <summary>Appends to grains whose logs have this length. Each gets only a few appends, so that its log grows little.</summary>
    private async Task<Cost> MeasureAsync(Func<long, IJournaledAdder> grain, int length, CancellationToken cancellationToken)
    {
        int calls = Math.Clamp(length / 10, 10, 1000);
        var latencies = new LatencyHistogram();
        long allocated = 0;
        long made = 0;
        var timed = TimeSpan.Zero;
        long begun = Stopwatch.GetTimestamp();
        while (timed < Window && (made == 0 || Stopwatch.GetElapsedTime(begun) < Patience))
        {
            cancellationToken.ThrowIfCancellationRequested();
            IJournaledAdder adder = grain(_nextKey++);
            await adder.Fill(length);
            await adder.Add(1);
            long bytes = GC.GetTotalAllocatedBytes(precise: true);
            long started = Stopwatch.GetTimestamp();
            for (int i = 0; i < calls && Stopwatch.GetElapsedTime(started) < Window; i++)
            {
                long call = Stopwatch.GetTimestamp();
                await adder.Add(1);
                latencies.Record(Stopwatch.GetTimestamp() - call);
                made++;
            }

            timed += Stopwatch.GetElapsedTime(started);
            allocated += GC.GetTotalAllocatedBytes(precise: true) - bytes;
            await adder.Clear();
        }

        return new Cost(made / timed.TotalSeconds, latencies.PercentileUs(0.5), (double)allocated / made);
    }

    private void Show(IEnumerable<string> providers, Dictionary<(string Provider, int Length), List<Cost>> costs)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumn("JournaledGrain, one event per call").AddColumn(new TableColumn("events before").RightAligned())
            .AddColumn(new TableColumn("appends/s").RightAligned()).AddColumn(new TableColumn("p50 µs").RightAligned()).AddColumn(new TableColumn("bytes allocated").RightAligned()).AddColumn(new TableColumn("p50, to the shortest log").RightAligned());
        foreach (string provider in providers)
        {
            double shortest = Median(costs[(provider, options.Lengths[0])], c => c.P50Us);
            foreach (int length in options.Lengths)
            {
                List<Cost> all = costs[(provider, length)];
                double p50 = Median(all, c => c.P50Us);
                table.AddRow(provider, Text(length, "N0"), Text(Median(all, c => c.PerSecond), "N0"), Text(p50, "N0"), Text(Median(all, c => c.AllocatedBytes), "N0"), Text(p50 / shortest, "F2"));
            }
        }

        console.Write(table);
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static double Median(List<Cost> costs, Func<Cost, double> value)
    {
        double[] values = [.. costs.Select(value).Order()];
        return values[values.Length / 2];
    }

    private sealed record Cost(double PerSecond, double P50Us, double AllocatedBytes);
}
