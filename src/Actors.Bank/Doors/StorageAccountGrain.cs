namespace Actors.Bank.Doors;

/// <summary>The account of the door <see cref="IPersistentState{TState}"/>.</summary>
[Alias("bank.doors.IStorageAccountGrain")]
public interface IStorageAccountGrain : IDoorAccountGrain;

/// <summary>Keeps its count and balance as a state in grain storage.</summary>
[GrainType("storageaccount")]
public sealed class StorageAccountGrain([PersistentState("account", "wal")] IPersistentState<DoorAccount> account) : Grain, IStorageAccountGrain
{
    /// <inheritdoc/>
    public async Task Book(long number, long amount)
    {
        account.State.Totals.RequireNext(this.GetPrimaryKeyLong(), number);
        account.State.Apply(new AmountBooked(amount));
        try
        {
            await account.WriteStateAsync();
        }
        catch
        {
            // The booking is in memory, but it is not known whether it is in the log. The next activation reads the log.
            DeactivateOnIdle();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<AccountTotals> GetTotals() => Task.FromResult(account.State.Totals);
}
