using Actors.Benchmarks;
using Actors.Benchmarks.Measuring;
using Actors.Benchmarks.Compacting;
using Actors.Benchmarks.Growth;
using Actors.Benchmarks.Journaling;
using Actors.Benchmarks.Opening;
using Actors.Benchmarks.Reporting;
using Spectre.Console;

IAnsiConsole console = Terminal.Open();
return CommandLine.Run(
    args,
    (options, cancellationToken) => GuardAsync(async () =>
    {
        JsonReport? json = options.Json is { } file ? new JsonReport(file) : null;
        BenchmarkResults results = await new Benchmark(options, console).RunAsync(cancellationToken);
        IReadOnlyList<RatioResult> ratios = Ratios.Of(results);
        new Tables(console).Show(results, ratios);
        json?.Write(results, ratios);
    }),
    (options, cancellationToken) => GuardAsync(async () =>
    {
        using var directory = new BenchmarkDirectory(options.Directory);
        await new OpenBenchmark(directory.Next("open"), options.Streams, options.HistoryGib, console).RunAsync(cancellationToken);
    }),
    (options, cancellationToken) => GuardAsync(async () =>
    {
        using var directory = new BenchmarkDirectory(options.Directory);
        await new CompactionBenchmark(directory, options, console).RunAsync(cancellationToken);
    }),
    (options, cancellationToken) => GuardAsync(async () =>
    {
        using var directory = new BenchmarkDirectory(options.Directory);
        await new JournaledBenchmark(directory, options, console).RunAsync(cancellationToken);
    }),
    (options, cancellationToken) => GuardAsync(() => new GrowthBenchmark(options, console).RunAsync(cancellationToken)));

static async Task<int> GuardAsync(Func<Task> run)
{
    try
    {
        await run();
        return 0;
    }
    catch (BenchmarkException e)
    {
        await Console.Error.WriteLineAsync($"benchmarks: {e.Message}");
        return 2;
    }
    catch (ScenarioFailedException e)
    {
        await Console.Error.WriteLineAsync($"benchmarks: {e.Message}");
        return 1;
    }
    catch (OperationCanceledException)
    {
        await Console.Error.WriteLineAsync("benchmarks: stopped; nothing was left behind.");
        return 130;
    }
}
