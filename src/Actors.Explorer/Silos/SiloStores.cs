using Actors.Explorer.Reading;
using Actors.Explorer.Sources;
using Actors.Explorer.Stores;
using Actors.Orleans.Hosting;
using Actors.Wal;
using Actors.Wal.Local;
using Actors.Wal.Postgres;

namespace Actors.Explorer.Silos;

/// <summary>The write-ahead logs of a silo. They can be shown while the silo runs.</summary>
internal sealed class SiloStores(IServiceProvider services, TimeProvider time) : IExploredStores, IDisposable
{
    private readonly Lock _gate = new();
    private readonly FlushTimes _flushes = new();
    private readonly Dictionary<string, (ILogStore Store, ExploredStore Shown)> _shown = new(StringComparer.Ordinal);

    /// <exception cref="ExplorerException">The silo has no log, or does not run.</exception>
    public IReadOnlyList<IExploredStore> All
    {
        get
        {
            IReadOnlyList<LogStoreHost> hosts = LogStoreHost.All(services);
            return hosts.Count > 0
                ? [.. hosts.Select(Show)]
                : throw new ExplorerException("This program has no write-ahead log. Add one to its silo with AddWriteAheadLog.");
        }
    }

    public void Dispose() => _flushes.Dispose();

    private ExploredStore Show(LogStoreHost host)
    {
        ILogStore store;
        try
        {
            store = host.Store;
        }
        catch (InvalidOperationException e)
        {
            throw new ExplorerException(e.Message, e);
        }

        lock (_gate)
        {
            if (!_shown.TryGetValue(host.Name, out (ILogStore Store, ExploredStore Shown) known) || known.Store != store)
                _shown[host.Name] = known = (store, new ExploredStore(host.Name, SourceOf(store), new SiloMeaning(host, services)));
            return known.Shown;
        }
    }

    private StoreSource SourceOf(ILogStore store) => store switch
    {
        LocalLogStore local => new OpenLogSource(local, _flushes, time),
        PostgresLogStore postgres => PostgresSources.Of(postgres),
        _ => throw new ExplorerException($"The explorer can't show a {store.GetType().Name}."),
    };
}
