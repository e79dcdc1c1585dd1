using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Journaling;

// Orleans marks durable grains as experimental. In the bank only this file uses them.
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
            // The booking is in memory, but it is not known whether it is in the log. The next activation reads the log.
            DeactivateOnIdle();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<AccountTotals> GetTotals() => Task.FromResult(Totals);
}

/// <summary>The types in the journal of a <see cref="DurableAccountGrain"/>: its amounts, and what Orleans writes beside them.</summary>
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(uint))]
[JsonSerializable(typeof(ulong))]
[JsonSerializable(typeof(DateTime))]
public sealed partial class DurableAccountJson : JsonSerializerContext;
