using MessagePack;
using Orleans.Concurrency;
using Orleans.Transactions;
using Orleans.Transactions.Abstractions;

namespace Actors.Bank.Doors;

/// <summary>Moves money between wallets and counts what it has moved, in one transaction; the key is its number.</summary>
[Alias("bank.doors.ITellerGrain")]
public interface ITellerGrain : IGrainWithIntegerKey
{
    /// <summary>Moves money. When this returns, both wallets and the count have changed, durably. When it is aborted, nothing has changed.</summary>
    /// <param name="number">The transfer's number, from 1; must be the teller's next one.</param>
    /// <param name="fromWallet">Where the money is taken from.</param>
    /// <param name="toWallet">Where it is put.</param>
    /// <param name="amount">Positive.</param>
    /// <exception cref="OrleansTransactionAbortedException">A conflict, or as its inner exception an <see cref="AccountException"/>: the number is not the next one, the transfer makes no sense, or there is not so much money.</exception>
    [Alias("Transfer")]
    [Transaction(TransactionOption.Create)]
    Task Transfer(long number, long fromWallet, long toWallet, long amount);

    /// <summary>How many transfers the teller has made.</summary>
    [Alias("GetCount")]
    [Transaction(TransactionOption.Create)]
    Task<long> GetCount();
}

/// <summary>A teller's state.</summary>
[MessagePackObject, GenerateSerializer]
[Alias("bank.doors.teller")]
public sealed class Teller
{
    /// <summary>How many transfers it has made.</summary>
    [Key(0), Id(0)]
    public long Count { get; set; }
}

/// <summary>Keeps its count as a transactional state, so that it changes with the wallets or not at all.</summary>
[Reentrant]
[GrainType("bank-teller")]
public sealed class TellerGrain([TransactionalState("teller", "wal")] ITransactionalState<Teller> teller) : Grain, ITellerGrain
{
    /// <inheritdoc/>
    public async Task Transfer(long number, long fromWallet, long toWallet, long amount)
    {
        if (amount <= 0 || fromWallet == toWallet)
            throw new AccountException($"A transfer moves a positive amount between two wallets, not {amount} from {fromWallet} to {toWallet}.");
        await teller.PerformUpdate(t => t.Count = number == t.Count + 1
            ? number
            : throw new AccountException($"Teller {this.GetPrimaryKeyLong()} has made {t.Count} transfers; the next one is {t.Count + 1}, not {number}."));

        // All tellers take wallets in the same order, so that two transfers never wait for each other.
        if (fromWallet < toWallet)
        {
            await ChangeAsync(fromWallet, -amount);
            await ChangeAsync(toWallet, amount);
        }
        else
        {
            await ChangeAsync(toWallet, amount);
            await ChangeAsync(fromWallet, -amount);
        }
    }

    /// <inheritdoc/>
    public Task<long> GetCount() => teller.PerformRead(t => t.Count);

    private Task ChangeAsync(long wallet, long amount) => GrainFactory.GetGrain<IWalletGrain>(wallet).Change(amount);
}
