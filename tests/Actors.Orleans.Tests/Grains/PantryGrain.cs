using Microsoft.Extensions.DependencyInjection;
using Orleans.Journaling;

namespace Actors.Orleans.Tests.Grains;

/// <summary>A durable grain with several durable collections, written together.</summary>
public interface IPantryGrain : IGrainWithStringKey
{
    Task Put(string item, int count);

    /// <summary>Waits at a gate in between.</summary>
    Task PutBehind(string gate, string item, int count);

    Task PutMany(string prefix, int count, int bytes);

    /// <summary>Changes and does not write.</summary>
    Task PutUnwritten(string item, int count);

    Task<string[]> Read();

    Task<string[]> ReadNotes();

    Task<int> Count();

    Task DeleteState();

    Task<string> GetActivation();
}

public sealed class PantryGrain(
    [FromKeyedServices("items")] IDurableDictionary<string, int> items,
    [FromKeyedServices("notes")] IDurableList<string> notes,
    [FromKeyedServices("writes")] IDurableValue<int> writes) : DurableGrain, IPantryGrain
{
    public async Task Put(string item, int count)
    {
        items[item] = count;
        notes.Add($"{item}={count}");
        writes.Value++;
        await WriteStateAsync();
    }

    public async Task PutBehind(string gate, string item, int count)
    {
        await Gate.PassAsync(gate);
        await Put(item, count);
    }

    public async Task PutMany(string prefix, int count, int bytes)
    {
        for (int i = 0; i < count; i++)
            items[$"{prefix}{i}{new string('.', bytes)}"] = i;
        await WriteStateAsync();
    }

    public Task PutUnwritten(string item, int count)
    {
        items[item] = count;
        return Task.CompletedTask;
    }

    public Task<string[]> Read() => Task.FromResult<string[]>([.. items.OrderBy(i => i.Key, StringComparer.Ordinal).Select(i => $"{i.Key}={i.Value}"), $"writes={writes.Value}"]);

    public Task<string[]> ReadNotes() => Task.FromResult(notes.ToArray());

    public Task<int> Count() => Task.FromResult(items.Count);

    public Task DeleteState() => ((IJournaledStateManager)StateManager).DeleteStateAsync(CancellationToken.None).AsTask();

    public Task<string> GetActivation() => Task.FromResult(GrainContext.ActivationId.ToString());
}
