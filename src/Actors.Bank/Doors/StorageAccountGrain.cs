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
            // In memory it is booked; the next activation finds out whether it is in the log.
            DeactivateOnIdle();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<AccountTotals> GetTotals() => Task.FromResult(account.State.Totals);
}
