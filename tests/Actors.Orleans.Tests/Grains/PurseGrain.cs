using MessagePack;
using Orleans.Concurrency;
using Orleans.Transactions.Abstractions;

namespace Actors.Orleans.Tests.Grains;

/// <summary>Written as MessagePack; the transactions copy it with the Orleans serializer.</summary>
[MessagePackObject]
[GenerateSerializer]
[Alias("tests.Purse")]
public sealed class Purse
{
    [Key(0), Id(0)]
    public long Money { get; set; }

    [Key(1), Id(1)]
    public int Changes { get; set; }
}

public interface IPurseGrain : IGrainWithIntegerKey
{
    [Transaction(TransactionOption.CreateOrJoin)]
    Task Change(long amount);

    [Transaction(TransactionOption.CreateOrJoin)]
    Task<long> Count();
}

[Reentrant]
public sealed class PurseGrain([TransactionalState("purse", "wal")] ITransactionalState<Purse> purse) : Grain, IPurseGrain
{
    public Task Change(long amount) => purse.PerformUpdate(p =>
    {
        if (p.Money + amount < 0)
            throw new InvalidOperationException($"There are {p.Money} in purse {this.GetPrimaryKeyLong()}; {-amount} are too many.");
        p.Money += amount;
        p.Changes++;
    });

    public Task<long> Count() => purse.PerformRead(p => p.Money);
}

public interface ITellerGrain : IGrainWithIntegerKey
{
    /// <summary>Moves money between purses, all or nothing.</summary>
    [Transaction(TransactionOption.Create)]
    Task Move(int from, int to, long amount);
}

[StatelessWorker]
public sealed class TellerGrain : Grain, ITellerGrain
{
    public async Task Move(int from, int to, long amount)
    {
        // The money arrives first: taking it away may fail, and then it must not have arrived.
        await GrainFactory.GetGrain<IPurseGrain>(to).Change(amount);
        await GrainFactory.GetGrain<IPurseGrain>(from).Change(-amount);
    }
}
