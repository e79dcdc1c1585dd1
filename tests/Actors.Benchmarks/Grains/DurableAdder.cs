using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Journaling;

namespace Actors.Benchmarks.Grains;

/// <summary>Keeps its total in a durable value; each call writes one change to the grain's journal.</summary>
public sealed class DurableAdder([FromKeyedServices("total")] IDurableValue<Counter> counter) : DurableGrain, IDurableAdder
{
    public async Task<long> Add(long amount)
    {
        Counter next = counter.Value ?? new Counter();
        next.Apply(Added.Of(amount, next.Total));
        counter.Value = next;
        await WriteStateAsync();
        return next.Total;
    }
}

/// <summary>The types that the journals contain.</summary>
[JsonSerializable(typeof(Counter))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(uint))]
[JsonSerializable(typeof(ulong))]
[JsonSerializable(typeof(DateTime))]
internal sealed partial class CounterJson : JsonSerializerContext;
