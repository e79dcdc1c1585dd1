using Actors.Orleans.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Actors.Orleans.TestKit.Scenarios;

/// <summary>The services that a grain's log needs of a silo, without one.</summary>
internal sealed class ScenarioSilo : ISiloBuilder, IAsyncDisposable
{
    private ServiceProvider? _provider;

    private ScenarioSilo()
    {
    }

    public IServiceCollection Services { get; } = new ServiceCollection();

    public IConfiguration Configuration { get; } = new ConfigurationBuilder().Build();

    public IServiceProvider Provider => _provider!;

    /// <param name="log">The log that the silo uses.</param>
    /// <param name="configure">Configures the silo: how events are applied or upcast, for example.</param>
    public static async Task<ScenarioSilo> StartAsync(TestLog log, Action<ISiloBuilder>? configure)
    {
        var silo = new ScenarioSilo();
        silo.Services.AddLogging();
        silo.Services.AddSerializer();
        silo.AddWriteAheadLog(o =>
        {
            // No checkpoints are taken, so that every replay reads events.
            o.UseTestLog(log);
            o.CheckpointEvents = int.MaxValue;
            o.CheckpointBytes = long.MaxValue;
            o.CheckpointAtDeactivation = false;
        });
        configure?.Invoke(silo);
        silo._provider = silo.Services.BuildServiceProvider();
        await silo._provider.GetRequiredKeyedService<LogStoreHost>(WriteAheadLogOptions.DefaultName).OpenAsync(CancellationToken.None).ConfigureAwait(false);
        return silo;
    }

    public ValueTask DisposeAsync() => _provider is null ? ValueTask.CompletedTask : _provider.DisposeAsync();
}
