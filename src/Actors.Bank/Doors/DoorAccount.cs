using Actors.Orleans;
using MessagePack;

namespace Actors.Bank.Doors;

/// <summary>An amount was booked. Written as MessagePack; a journaled grain copies it with the Orleans serializer.</summary>
/// <param name="Amount">The amount that it adds to the balance.</param>
[MessagePackObject, GenerateSerializer, Immutable]
[Alias("bank.doors.amount-booked")]
public sealed record AmountBooked([property: Key(0), Id(0)] long Amount);

/// <summary>The state of an account that numbers its bookings.</summary>
[MessagePackObject, GenerateSerializer]
[Alias("bank.doors.account")]
public sealed class DoorAccount : IApply<AmountBooked>
{
    /// <summary>The number of bookings.</summary>
    [Key(0), Id(0)]
    public long Count { get; set; }

    /// <summary>The sum of their amounts.</summary>
    [Key(1), Id(1)]
    public long Balance { get; set; }

    /// <summary>The count and the balance.</summary>
    [IgnoreMember]
    public AccountTotals Totals => new(Count, Balance);

    /// <inheritdoc/>
    public void Apply(AmountBooked change)
    {
        Count++;
        Balance += change.Amount;
    }
}
