using Orleans.Concurrency;
using Orleans.Transactions.Abstractions;

namespace Actors.Benchmarks.Grains;

/// <summary>A counter that takes part in transactions.</summary>
[Alias("benchmarks.IPurse")]
public interface IPurse : IGrainWithIntegerKey
{
    /// <summary>Adds to the counter and returns its total.</summary>
    [Transaction(TransactionOption.Join)]
    [Alias("Add")]
    Task<long> Add(long amount);
}

/// <summary>A purse in transactional state on memory storage.</summary>
[Alias("benchmarks.IMemoryPurse")]
public interface IMemoryPurse : IPurse;

/// <summary>A purse in transactional state on the write-ahead log.</summary>
[Alias("benchmarks.IWalPurse")]
public interface IWalPurse : IPurse;

public abstract class Purse(ITransactionalState<Counter> counter) : Grain, IPurse
{
    public Task<long> Add(long amount) => counter.PerformUpdate(c =>
    {
        c.Apply(Added.Of(amount, c.Total));
        return c.Total;
    });
}

[Reentrant]
public sealed class MemoryPurse([TransactionalState("counter", StorageNames.Memory)] ITransactionalState<Counter> counter)
    : Purse(counter), IMemoryPurse;

[Reentrant]
public sealed class WalPurse([TransactionalState("counter", StorageNames.Transactions)] ITransactionalState<Counter> counter)
    : Purse(counter), IWalPurse;

/// <summary>Moves an amount between its two purses, in one transaction.</summary>
public abstract class TransferAdder<TPurse>(ITransactionClient transactions) : Grain, IAdder
    where TPurse : IPurse
{
    public async Task<long> Add(long amount)
    {
        long key = this.GetPrimaryKeyLong() * 2;
        IPurse from = GrainFactory.GetGrain<TPurse>(key);
        IPurse to = GrainFactory.GetGrain<TPurse>(key + 1);
        long total = 0;
        await transactions.RunTransaction(TransactionOption.Create, async () =>
        {
            await from.Add(-amount);
            total = await to.Add(amount);
        });
        return total;
    }
}

public sealed class MemoryTransferAdder(ITransactionClient transactions) : TransferAdder<IMemoryPurse>(transactions), IMemoryTransferAdder;

public sealed class WalTransferAdder(ITransactionClient transactions) : TransferAdder<IWalPurse>(transactions), IWalTransferAdder;
