using MessagePack;
using Orleans.Concurrency;
using Orleans.Transactions.Abstractions;

namespace Actors.Orleans.Tests.Examples;

public interface IWalletGrain : IGrainWithStringKey
{
    [Transaction(TransactionOption.CreateOrJoin)]
    Task Change(long amount);

    [Transaction(TransactionOption.CreateOrJoin)]
    Task<long> GetMoney();
}

public interface ICashierGrain : IGrainWithStringKey
{
    [Transaction(TransactionOption.Create)]
    Task Pay(string from, string to, long amount);
}

// <example>
[MessagePackObject, GenerateSerializer]
public sealed class Wallet
{
    [Key(0), Id(0)] public long Money { get; set; }
}

[GrainType("wallet")]
[Reentrant]
public sealed class WalletGrain([TransactionalState("wallet", "wal")] ITransactionalState<Wallet> wallet) : Grain, IWalletGrain
{
    public Task Change(long amount) => wallet.PerformUpdate(w => w.Money = checked(w.Money + amount) is >= 0 and var left
        ? left
        : throw new InvalidOperationException("There is not so much money."));

    public Task<long> GetMoney() => wallet.PerformRead(w => w.Money);
}

[GrainType("cashier")]
[StatelessWorker]
public sealed class CashierGrain : Grain, ICashierGrain
{
    public async Task Pay(string from, string to, long amount)   // [Transaction(TransactionOption.Create)] in its interface
    {
        await GrainFactory.GetGrain<IWalletGrain>(from).Change(-amount);
        await GrainFactory.GetGrain<IWalletGrain>(to).Change(amount);
    }
}
// </example>
