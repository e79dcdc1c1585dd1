using MessagePack;
using Orleans.Concurrency;
using Orleans.Transactions.Abstractions;

namespace Actors.Bank.Doors;

/// <summary>A wallet that takes part in transactions; the key is its number.</summary>
[Alias("bank.doors.IWalletGrain")]
public interface IWalletGrain : IGrainWithIntegerKey
{
    /// <summary>Puts money in, or takes it out where the amount is negative.</summary>
    /// <exception cref="AccountException">The wallet has less money than is taken out. The transaction is aborted.</exception>
    [Alias("Change")]
    [Transaction(TransactionOption.CreateOrJoin)]
    Task Change(long amount);

    /// <summary>The money in the wallet.</summary>
    [Alias("GetMoney")]
    [Transaction(TransactionOption.CreateOrJoin)]
    Task<long> GetMoney();
}

/// <summary>A wallet's state.</summary>
[MessagePackObject, GenerateSerializer]
[Alias("bank.doors.wallet")]
public sealed class Wallet
{
    /// <summary>The money in it.</summary>
    [Key(0), Id(0)]
    public long Money { get; set; }
}

/// <summary>Keeps its money as a transactional state.</summary>
[Reentrant]
[GrainType("bank-wallet")]
public sealed class WalletGrain([TransactionalState("wallet", "wal")] ITransactionalState<Wallet> wallet) : Grain, IWalletGrain
{
    /// <inheritdoc/>
    public Task Change(long amount) => wallet.PerformUpdate(w =>
    {
        if (w.Money + amount < 0)
            throw new AccountException($"Wallet {this.GetPrimaryKeyLong()} has {w.Money}; {-amount} is more.");
        w.Money += amount;
    });

    /// <inheritdoc/>
    public Task<long> GetMoney() => wallet.PerformRead(w => w.Money);
}
