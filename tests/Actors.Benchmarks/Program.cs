using Actors.Benchmarks;
using Actors.Benchmarks.Measuring;
using Actors.Benchmarks.Reporting;
using Spectre.Console;

IAnsiConsole console = Terminal.Open();
return CommandLine.Run(args, async (options, cancellationToken) =>
{
    try
    {
        JsonReport? json = options.Json is { } file ? new JsonReport(file) : null;
        BenchmarkResults results = await new Benchmark(options, console).RunAsync(cancellationToken);
        IReadOnlyList<RatioResult> ratios = Ratios.Of(results);
        new Tables(console).Show(results, ratios);
        json?.Write(results, ratios);
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
});
