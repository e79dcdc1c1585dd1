using Actors.Benchmarks.Hosting;
using Actors.Benchmarks.Scenarios;

namespace Actors.Benchmarks;

/// <summary>What scenarios work on: a directory, and a silo if one of them calls grains. All of it goes with the run.</summary>
internal sealed class Workbench(BenchmarkOptions options) : IAsyncDisposable
{
    private PostgresTables? _postgres;
    private BenchmarkSilo? _silo;

    public BenchmarkDirectory Directory { get; } = new(options.Directory);

    /// <summary>The server's tables, for scenarios that need them.</summary>
    public PostgresTables Postgres => _postgres ?? throw new InvalidOperationException("The scenario didn't ask for a server.");

    public IGrainFactory Grains => _silo?.Grains ?? throw new InvalidOperationException("The scenario didn't ask for a silo.");

    public async Task StartAsync(IReadOnlyList<Scenario> scenarios, CancellationToken cancellationToken)
    {
        if (options.Postgres is { } server && scenarios.Any(s => s.NeedsPostgres))
            _postgres = await PostgresTables.PrepareAsync(server, options.PostgresSetup, cancellationToken);
        if (scenarios.Any(s => s.NeedsSilo))
            _silo = await BenchmarkSilo.StartAsync(Directory, _postgres, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_silo is not null)
                await _silo.DisposeAsync();
            if (_postgres is not null)
                await _postgres.DisposeAsync();
        }
        finally
        {
            Directory.Dispose();
        }
    }
}
