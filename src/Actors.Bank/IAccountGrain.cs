using Orleans.Concurrency;

namespace Actors.Bank;

/// <summary>
/// A bank account; the key is its number. A transaction is booked once: a client repeats a call that was not answered, with the
/// same transaction, and gets the first booking.
/// </summary>
[Alias("bank.IAccountGrain")]
public interface IAccountGrain : IGrainWithIntegerKey
{
    /// <summary>Pays money in.</summary>
    /// <exception cref="AccountException">The amount is not positive.</exception>
    [Alias("Deposit")]
    Task<Booking> Deposit(long transaction, decimal amount);

    /// <summary>Takes money out.</summary>
    /// <exception cref="AccountException">The amount is not positive, or more than the balance.</exception>
    [Alias("Withdraw")]
    Task<Booking> Withdraw(long transaction, decimal amount);

    /// <summary>
    /// Sends money to another account. When this returns both accounts have booked it. If it fails after the money left
    /// this account, the transfer is sent again until it arrives. It is booked once.
    /// </summary>
    /// <exception cref="AccountException">The amount is not positive or more than the balance, or the account is this one.</exception>
    [Alias("Transfer")]
    Task<Booking> Transfer(long transaction, long toAccount, decimal amount);

    /// <summary>Books an entry of an existing ledger and takes over the balance that the ledger states after it.</summary>
    /// <exception cref="AccountException">Amount and stated balance don't follow from the balance before, within <see cref="LedgerEntry.RoundingLimit"/>.</exception>
    [Alias("Book")]
    Task<Booking> Book(LedgerEntry entry);

    /// <summary>Books a transfer from another account, once if it is repeated. Interleaves, so that two accounts can send to each other.</summary>
    [AlwaysInterleave]
    [Alias("Receive")]
    Task Receive(TransferNotice transfer);

    /// <summary>Returns the current balance, and how many transfers are on their way.</summary>
    [Alias("GetSummary")]
    Task<AccountSummary> GetSummary();

    /// <summary>Returns the balance as of a time, by the clock of the silo.</summary>
    [Alias("GetBalanceAt")]
    Task<decimal> GetBalanceAt(DateTimeOffset time);

    /// <summary>Returns up to <paramref name="count"/> lines of the account's history, from an event on; the first is 1.</summary>
    [Alias("GetStatement")]
    Task<Statement> GetStatement(long fromVersion, int count);

    /// <summary>
    /// Returns a page of the account's history, newest or oldest first, as it is now or as it was at a point in the past. Events that the
    /// log no longer keeps are left out.
    /// </summary>
    /// <exception cref="AccountException">The request makes no sense, or the kept history begins after the point in the past.</exception>
    /// <exception cref="Wal.HistoryTruncatedException">The history that its balances need was dropped.</exception>
    [Alias("GetStatementPage")]
    Task<StatementPage> GetStatementPage(StatementRequest request);
}
