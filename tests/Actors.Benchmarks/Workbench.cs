using Actors.Benchmarks.Hosting;
using Actors.Benchmarks.Scenarios;

namespace Actors.Benchmarks;

/// <summary>The environment of the scenarios: a directory, and silos if a scenario calls grains. All of it is removed after the run.</summary>
internal sealed class Workbench(BenchmarkOptions options) : IAsyncDisposable
{
    private PostgresTables? _postgres;
    private readonly List<BenchmarkSilo> _silos = [];

    public BenchmarkDirectory Directory { get; } = new(options.Directory);

    /// <summary>The tables on the server, for scenarios that need them.</summary>
    public PostgresTables Postgres => _postgres ?? throw new InvalidOperationException("The scenario didn't ask for a server.");

    /// <summary>Returns the grain factory of the silo that serves a caller.</summary>
    public IGrainFactory GrainsOf(int caller)
        => _silos.Count > 0 ? _silos[caller % _silos.Count].Grains : throw new InvalidOperationException("The scenario didn't ask for a silo.");

    public async Task StartAsync(IReadOnlyList<Scenario> scenarios, CancellationToken cancellationToken)
    {
        if (options.Postgres is { } server && scenarios.Any(s => s.NeedsPostgres))
            _postgres = await PostgresTables.PrepareAsync(server, options.PostgresSetup, cancellationToken);
        if (!scenarios.Any(s => s.NeedsSilo))
            return;
        for (int i = 0; i < options.Silos; i++)
            _silos.Add(await BenchmarkSilo.StartAsync(options.Silos == 1 ? Directory : null, _postgres, _silos.FirstOrDefault(), cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            foreach (BenchmarkSilo silo in Enumerable.Reverse(_silos))
                await silo.DisposeAsync();
            if (_postgres is not null)
                await _postgres.DisposeAsync();
        }
        finally
        {
            Directory.Dispose();
        }
    }
}
