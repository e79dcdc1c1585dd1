using Actors.Orleans;

namespace Actors.Bank.Doors;

/// <summary>The account of the door <c>[GrainLog]</c>.</summary>
[Alias("bank.doors.IGrainLogAccountGrain")]
public interface IGrainLogAccountGrain : IDoorAccountGrain;

/// <summary>Keeps its bookings as events in its grain log.</summary>
[GrainType("grainlogaccount")]
public sealed class GrainLogAccountGrain([GrainLog("account")] IGrainLog<DoorAccount, AmountBooked> log) : Grain, IGrainLogAccountGrain
{
    /// <inheritdoc/>
    public async Task Book(long number, long amount)
    {
        log.State.Totals.RequireNext(this.GetPrimaryKeyLong(), number);
        await log.AppendAsync(new AmountBooked(amount));
    }

    /// <inheritdoc/>
    public Task<AccountTotals> GetTotals() => Task.FromResult(log.State.Totals);
}
