using Actors.Orleans.Quarantine;
using Actors.Wal;
using Actors.Wal.Local;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Actors.Orleans.Hosting;

/// <summary>Opens a provider's store before the silo activates grains, and closes it after the last grain.</summary>
internal sealed class LogStoreHost(
    string name,
    WriteAheadLogOptions options,
    IServiceProvider services,
    TimeProvider time,
    ILogger<LogStoreHost> logger) : ILifecycleParticipant<ISiloLifecycle>
{
    private ILogStore? _store;

    public string Name => name;

    /// <summary>The streams whose grains can't be activated.</summary>
    public StreamQuarantine Quarantine { get; } = new(time, logger);

    public WriteAheadLogOptions Options => options;

    public ILogStore Store => _store ?? throw new InvalidOperationException($"The store of write-ahead log '{name}' is open only while its silo runs.");

    /// <summary>The hosts of all write-ahead logs of a silo. A log that was added twice has one.</summary>
    public static IReadOnlyList<LogStoreHost> All(IServiceProvider services)
        => [.. services.GetKeyedServices<LogStoreHost>(KeyedService.AnyKey).Select(h => h.Name).Distinct().Select(n => services.GetRequiredKeyedService<LogStoreHost>(n))];

    public void Participate(ISiloLifecycle lifecycle)
        => lifecycle.Subscribe($"{nameof(LogStoreHost)}-{name}", ServiceLifecycleStage.RuntimeStorageServices, OpenAsync, CloseAsync);

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (options.Store is { } open)
        {
            _store = await open(services, cancellationToken).ConfigureAwait(false);
            return;
        }

        try
        {
            LocalLogStore store = await LocalLogStore.OpenAsync(options.ToLocal(time) with { OpenProgress = new OpeningLog(logger, name) }, cancellationToken).ConfigureAwait(false);
            Log.Opened(logger, name, options.Directory, store.Recovery);
            _store = store;
        }
        catch (StoreInUseException e)
        {
            throw new OrleansConfigurationException($"Write-ahead log '{name}' can't start: {e.Message} Several silos need a shared store: keep the logs in PostgreSQL.", e);
        }
    }

    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _store, null) is not { } store)
            return;
        await store.DisposeAsync().ConfigureAwait(false);
        Log.Closed(logger, name);
    }

    /// <summary>Logs the progress of an opening that takes long.</summary>
    private sealed class OpeningLog(ILogger logger, string name) : IProgress<OpenProgress>
    {
        public void Report(OpenProgress value) => Log.Opening(logger, name, value.ReadBytes, value.TotalBytes, value.Elapsed.TotalSeconds);
    }
}
