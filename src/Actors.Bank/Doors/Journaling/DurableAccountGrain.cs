using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Journaling;

// Orleans marks durable grains as experimental; of the bank this file alone uses them.
#pragma warning disable ORLEANSEXP005

namespace Actors.Bank.Doors.Journaling;

/// <summary>Keeps the amounts in a durable list and the balance in a durable value; both change in one append.</summary>
[GrainType("durableaccount")]
public sealed class DurableAccountGrain(
    [FromKeyedServices("amounts")] IDurableList<long> amounts,
    [FromKeyedServices("balance")] IDurableValue<long> balance) : DurableGrain, IDurableAccountGrain
{
    private AccountTotals Totals => new(amounts.Count, balance.Value);

    /// <inheritdoc/>
    public async Task Book(long number, long amount)
    {
        Totals.RequireNext(this.GetPrimaryKeyLong(), number);
        amounts.Add(amount);
        balance.Value += amount;
        try
        {
            await WriteStateAsync();
        }
        catch
        {
            // In memory it is booked; the next activation finds out whether it is in the log.
            DeactivateOnIdle();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<AccountTotals> GetTotals() => Task.FromResult(Totals);
}

/// <summary>What the journal of a <see cref="DurableAccountGrain"/> holds: its amounts, and what Orleans writes beside them.</summary>
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(uint))]
[JsonSerializable(typeof(ulong))]
[JsonSerializable(typeof(DateTime))]
public sealed partial class DurableAccountJson : JsonSerializerContext;
