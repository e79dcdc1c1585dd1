using Actors.Benchmarks.Scenarios;

namespace Actors.Benchmarks.Measuring;

/// <summary>A scenario with a number of callers, and what was measured of it so far.</summary>
internal sealed class Cell(Scenario scenario, int callers)
{
    private readonly LatencyHistogram _latencies = new();
    private readonly List<Sample> _samples = [];

    public Scenario Scenario => scenario;

    public int Callers => callers;

    /// <summary>Measures once more.</summary>
    public async Task MeasureAsync(TimeSpan window, CancellationToken cancellationToken)
        => _samples.Add(await RunAsync(window, _latencies, cancellationToken));

    /// <summary>Runs without keeping anything, so that code is compiled and grains are there.</summary>
    public Task WarmUpAsync(TimeSpan window, CancellationToken cancellationToken)
        => RunAsync(window, new LatencyHistogram(), cancellationToken);

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
