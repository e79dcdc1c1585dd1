namespace Actors.Benchmarks.Grains;

/// <summary>A grain that writes its state on every call, as most grains with storage do.</summary>
public abstract class StorageAdder(IPersistentState<Counter> counter) : Grain, IAdder
{
    public async Task<long> Add(long amount)
    {
        counter.State.Apply(Added.Of(amount, counter.State.Total));
        await counter.WriteStateAsync();
        return counter.State.Total;
    }
}

public sealed class MemoryAdder([PersistentState("counter", StorageNames.Memory)] IPersistentState<Counter> counter)
    : StorageAdder(counter), IMemoryAdder;

public sealed class AdoNetAdder([PersistentState("counter", StorageNames.AdoNet)] IPersistentState<Counter> counter)
    : StorageAdder(counter), IAdoNetAdder;

public sealed class WalStorageAdder([PersistentState("counter", StorageNames.States)] IPersistentState<Counter> counter)
    : StorageAdder(counter), IWalStorageAdder;

public sealed class PostgresStorageAdder([PersistentState("state", StorageNames.Postgres)] IPersistentState<Counter> counter)
    : StorageAdder(counter), IPostgresStorageAdder;
