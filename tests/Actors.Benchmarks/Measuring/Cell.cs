using System.Runtime;
using Actors.Benchmarks.Scenarios;

namespace Actors.Benchmarks.Measuring;

/// <summary>A scenario with a number of callers, and its measurements so far.</summary>
internal sealed class Cell(Scenario scenario, int callers)
{
    private const int MostWarmUps = 10;

    // The share of a warm-up's time.
    private const double LittleCompilation = 0.01;

    private readonly LatencyHistogram _latencies = new();
    private readonly List<Sample> _samples = [];

    public Scenario Scenario => scenario;

    public int Callers => callers;

    /// <summary>Adds a measurement.</summary>
    public async Task MeasureAsync(TimeSpan window, CancellationToken cancellationToken)
        => _samples.Add(await RunAsync(window, _latencies, cancellationToken));

    /// <summary>Runs without recording until the grains are active and the JIT compiles hardly any more code.</summary>
    public async Task WarmUpAsync(TimeSpan window, CancellationToken cancellationToken)
    {
        for (int runs = 0; runs < MostWarmUps; runs++)
        {
            TimeSpan before = JitInfo.GetCompilationTime();
            await RunAsync(window, new LatencyHistogram(), cancellationToken);
            if (JitInfo.GetCompilationTime() - before < window * LittleCompilation)
                return;
        }
    }

    public ScenarioResult ToResult() => new()
    {
        Scenario = scenario.Name,
        Description = scenario.Description,
        Callers = callers,
        OperationsPerSecond = Spread.Of(_samples.Select(s => s.OperationsPerSecond)),
        P50Us = _latencies.PercentileUs(0.5),
        P99Us = _latencies.PercentileUs(0.99),
        AllocatedBytesPerOperation = Spread.Of(_samples.Select(s => s.AllocatedBytesPerOperation)).Median,
    };

    private async Task<Sample> RunAsync(TimeSpan window, LatencyHistogram latencies, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await scenario.PrepareAsync(callers, cancellationToken);
        Sample sample = await new Measurement(scenario, callers, window, latencies).RunAsync(cancellationToken);
        await scenario.CleanUpAsync(callers);
        return sample;
    }
}
