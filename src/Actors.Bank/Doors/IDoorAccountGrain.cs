namespace Actors.Bank.Doors;

/// <summary>An account that numbers its bookings from 1. Each door of Orleans has a grain that keeps such an account in its own way.</summary>
[Alias("bank.doors.IDoorAccountGrain")]
public interface IDoorAccountGrain : IGrainWithIntegerKey
{
    /// <summary>Books an amount; durable when this returns.</summary>
    /// <param name="number">The booking's number; must be the next one.</param>
    /// <param name="amount">The amount that it adds to the balance.</param>
    /// <exception cref="AccountException">The number is not the next one. Nothing was booked.</exception>
    [Alias("Book")]
    Task Book(long number, long amount);

    /// <summary>Returns the number and the sum of the account's bookings.</summary>
    [Alias("GetTotals")]
    Task<AccountTotals> GetTotals();
}

/// <summary>The account of the door <c>DurableGrain</c>.</summary>
[Alias("bank.doors.IDurableAccountGrain")]
public interface IDurableAccountGrain : IDoorAccountGrain;

/// <summary>The account of the door <c>IDurableJobHandler</c>.</summary>
[Alias("bank.doors.IJobAccountGrain")]
public interface IJobAccountGrain : IDoorAccountGrain;

/// <summary>The number and the sum of an account's bookings.</summary>
/// <param name="Count">The number of bookings.</param>
/// <param name="Balance">The sum of their amounts.</param>
[GenerateSerializer, Immutable]
[Alias("bank.doors.AccountTotals")]
public readonly record struct AccountTotals([property: Id(0)] long Count, [property: Id(1)] long Balance)
{
    /// <summary>Makes sure that a booking is the account's next one.</summary>
    /// <param name="account">The account's number.</param>
    /// <param name="number">The booking's number.</param>
    /// <exception cref="AccountException">The number is another one.</exception>
    public void RequireNext(long account, long number)
    {
        if (number != Count + 1)
            throw new AccountException($"Account {account} has {Count} bookings; the next one is {Count + 1}, not {number}.");
    }
}
