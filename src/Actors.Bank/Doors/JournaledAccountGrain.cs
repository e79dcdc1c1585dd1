using Orleans.EventSourcing;
using Orleans.Providers;

namespace Actors.Bank.Doors;

/// <summary>The account of the door <see cref="JournaledGrain{TGrainState, TEventBase}"/>.</summary>
[Alias("bank.doors.IJournaledAccountGrain")]
public interface IJournaledAccountGrain : IDoorAccountGrain;

/// <summary>Keeps its bookings as the events of a journaled grain.</summary>
[GrainType("journaledaccount")]
[LogConsistencyProvider(ProviderName = "wal")]
public sealed class JournaledAccountGrain : JournaledGrain<DoorAccount, AmountBooked>, IJournaledAccountGrain
{
    /// <inheritdoc/>
    public async Task Book(long number, long amount)
    {
        State.Totals.RequireNext(this.GetPrimaryKeyLong(), number);
        RaiseEvent(new AmountBooked(amount));
        await ConfirmEvents();
    }

    /// <inheritdoc/>
    public Task<AccountTotals> GetTotals() => Task.FromResult(State.Totals);
}
